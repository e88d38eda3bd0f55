/**
 * The element <correcta-export> (docs/web-component.md). One request makes one export, whatever is clicked, reloaded or
 * opened twice (`#post`).
 */
import { askToNotify, tellEnd } from "./attention.js";
import { RequestFailure, call, download, exportUrl, serverTime, withRetries } from "./client.js";
import { ExportDialog } from "./dialog.js";
import { element } from "./dom.js";
import { isRunning, laterState, secondsAvailable } from "./export-state.js";
import { secondsLeft, updatedForecast } from "./forecast.js";
import { formatDuration } from "./formatting.js";
import { readStored, store } from "./storage.js";
import { Stream } from "./stream.js";
import { styleSheet } from "./styles.js";
import { wordsOf } from "./words.js";

const TAG_NAME = "correcta-export";

/**
 * What is shown until the server has answered.
 * @type {Http.Status}
 */
const QUEUED = { status: "queued", phase: "queued", progress: 0, processed: 0, total: 0, attempt: 0 };

export class CorrectaExport extends HTMLElement {
	/** @type {ExportState | null} */
	#state = null;
	/** The highest percentage shown of this export. */
	#percent = 0;
	/** @type {Trouble | null} */
	#trouble = null;
	/** Where the browser keeps the idempotency key of this export's request. */
	#keyName = "";
	/** The same for a request on its way. */
	#pendingKeyName = "";
	/** @type {Stream | null} */
	#stream = null;
	#following = new AbortController();
	/** @type {Forecast | null} */
	#forecast = null;
	#inBackground = false;
	#ticker = 0;
	#dialog;

	constructor() {
		super();
		// The page may have set both before this module was loaded.
		/** @type {Stream | undefined} */
		this.feed = Reflect.get(this, "feed");
		/** @type {Map<string, string>} */
		this.students = Reflect.get(this, "students") ?? new Map();
		const root = this.attachShadow({ mode: "open" });
		root.adoptedStyleSheets = [styleSheet];
		const start = () => this.start(/** @type {Http.Format} */ (this.getAttribute("format") ?? "pdf"));
		root.append(element("slot", { onclick: start }));
		this.#dialog = new ExportDialog(root, this);
	}

	connectedCallback() {
		this.#ticker = setInterval(() => this.#updateTimes(), 1000);
		this.#restore().catch((failure) => {
			if (!(failure instanceof RequestFailure)) throw failure;
		});
	}

	disconnectedCallback() {
		clearInterval(this.#ticker);
		this.#following.abort();
		this.#dialog.close();
		this.#state = null;
		this.#pendingKeyName = "";
	}

	/**
	 * Start an export, or show the one this very request has running.
	 * @param {Http.Format} format
	 * @param {Partial<ExportRequest>} request
	 */
	async start(format, { classIds = [], options = {}, examId = this.getAttribute("exam") ?? "" } = {}) {
		const request = { examId, format, classIds, options };
		const keyName = `${TAG_NAME} ${JSON.stringify(request)}`;
		if (this.#pendingKeyName === keyName || (this.isRunning && this.#keyName === keyName)) return this.open();
		this.#pendingKeyName = keyName;
		this.#follow({ ...QUEUED, ...request }, keyName);
		this.open();
		await this.#try(() => this.#post(request, keyName), () => this.start(format, request));
		if (this.#pendingKeyName === keyName) this.#pendingKeyName = "";
	}

	/**
	 * Show the current export, or an entry of a list.
	 * @param {AcceptedExport} [job]
	 */
	open(job) {
		this.#inBackground = false;
		if (job) this.#follow(job);
		if (!this.#state) return;
		this.#dialog.open();
		this.#render();
	}

	/** Close the dialog; a running export stays at hand in a corner. */
	close() {
		const isSomewhere = Boolean(this.#state?.jobId) || !this.#trouble;
		this.#inBackground = isRunning(this.#state) && isSomewhere;
		if (this.#inBackground) askToNotify();
		this.#dialog.close();
		this.#render();
	}

	/** End the current export. */
	cancel() {
		return this.#try(async () => this.#apply(await this.#call("DELETE", `jobs/${this.#state?.jobId}`)));
	}

	/**
	 * Ask for the file before going to it: a failure is told here.
	 * @param {Event} [event]
	 */
	download(event) {
		event?.preventDefault();
		return this.#try(async () => {
			if (this.#state?.result) await download(this.#state.result, this.#words.language);
		});
	}

	get #words() {
		return wordsOf(/** @type {HTMLElement | null} */ (this.closest("[lang]"))?.lang);
	}

	/** Whether an export is on its way, as far as the page can tell. */
	get isRunning() {
		return isRunning(this.#state) && !this.#trouble;
	}

	/** Start the current export once more. */
	restart() {
		if (this.#state?.format) this.start(this.#state.format, this.#state);
	}

	signIn() {
		const page = this.getAttribute("sign-in");
		if (page) location.assign(page);
		else location.reload();
	}

	/** @param {string} path */
	#url(path) {
		return exportUrl(this.#state?.examId ?? this.getAttribute("exam") ?? "", path);
	}

	/**
	 * @param {string} method
	 * @param {string} path
	 * @param {RequestOptions} [options]
	 */
	#call(method, path, options) {
		return call(method, this.#url(path), { lang: this.#words.language, ...options });
	}

	/** @type {(jobId: string) => Promise<AcceptedExport>} */
	async #read(jobId) {
		return { jobId, ...(await this.#call("GET", `status?jobId=${jobId}`, { needs: "status" })) };
	}

	/**
	 * Do something; where its request fails, say so and offer to do it again.
	 * @param {() => Promise<unknown>} action
	 * @param {() => void} retry
	 * @returns {Promise<void>}
	 */
	async #try(action, retry = () => this.#try(action)) {
		this.#trouble = null;
		try {
			await action();
		} catch (failure) {
			if (!(failure instanceof RequestFailure)) throw failure;
			// The end itself is on its way.
			if (failure.code !== "export_already_ended") this.#trouble = { failure, retry };
		}
		this.#render();
	}

	/**
	 * Ask for an export until there is one that runs. Its idempotency key is kept until it ends: the same request
	 * meanwhile, in any tab, is the same export.
	 * @type {(request: ExportRequest, keyName: string) => Promise<void>}
	 */
	async #post({ format, classIds, options }, keyName) {
		const body = { ...(classIds.length && { classIds }), ...(Object.keys(options).length && { options }) };
		const jobId = await withRetries(async () => {
			for (;;) {
				const key = readStored("localStorage", keyName) ?? String(crypto.getRandomValues(new Uint32Array(4)));
				store("localStorage", keyName, key);
				const headers = { "Idempotency-Key": key };
				const { jobId, replayed } = await this.#call("POST", format, { body, headers, needs: "jobId" });
				if (!replayed || isRunning(await this.#read(jobId))) return jobId;
				store("localStorage", keyName, null);
			}
		});
		if (this.#pendingKeyName === keyName && this.#state) this.#follow({ ...this.#state, jobId }, keyName);
	}

	/** Find what ran or was open when the page was left; of its own format, if it has one. */
	async #restore() {
		const { jobId, open } = readStored("sessionStorage", TAG_NAME) ?? {};
		const format = this.getAttribute("format");
		/** @type {Http.Exports} */
		const { jobs } = await withRetries(() => this.#call("GET", "jobs", { needs: "jobs" }));
		const candidates = jobs.filter((job) => !format || job.format === format);
		const job = candidates.find((one) => one.jobId === jobId) ?? candidates.find(isRunning);
		if (!job || this.#state || !this.isConnected) return;
		this.#inBackground = true;
		this.#follow(job);
		if (open) this.open();
	}

	/**
	 * Show an export, and follow it while it runs.
	 * @type {(state: ExportState, keyName?: string) => void}
	 */
	#follow(state, keyName = "") {
		this.#following.abort();
		this.#state = this.#trouble = this.#forecast = this.#stream = null;
		this.#percent = 0;
		this.#keyName = keyName;
		this.#apply(state);
		const { jobId } = state;
		if (!jobId || !isRunning(state)) return;
		this.#following = new AbortController();
		const { signal } = this.#following;
		const url = this.#url(`events?jobId=${jobId}&lang=${this.#words.language}`);
		const stream = this.feed ?? new Stream(url, async () => [await this.#read(jobId)]);
		this.#stream = stream;
		stream.on("export", (received) => received.jobId === jobId && this.#apply(received), signal);
		stream.on("link", ({ link, problem }) => {
			this.#trouble = link === "stopped" && problem ? { failure: problem, retry: () => stream.wake() } : null;
			this.#render();
		}, signal);
		if (this.feed) return this.#apply(stream.apply({ ...state, jobId }));
		stream.open();
		signal.onabort = () => stream.close();
	}

	/**
	 * Show a state, if it is later than the one shown.
	 * @param {ExportState} received
	 */
	#apply(received) {
		const state = laterState(this.#state, received);
		if (state === this.#state) return;
		tellEnd(this.#state, state, this.#words);
		this.#state = state;
		this.#trouble = null;
		this.#forecast = updatedForecast(this.#forecast, state, Date.now());
		this.#percent = Math.max(this.#percent, state.progress);
		if (!isRunning(state)) {
			this.#following.abort();
			if (this.#keyName) store("localStorage", this.#keyName, null);
		}
		this.#render();
		this.dispatchEvent(new CustomEvent("export", { detail: state }));
	}

	#updateTimes() {
		const words = this.#words;
		const seconds = this.isRunning ? secondsLeft(this.#forecast, Date.now()) : 0;
		const rest = secondsAvailable(this.#state, serverTime());
		this.#dialog.updateTimes(
			seconds ? words.timeLeft(formatDuration(seconds)) : "",
			rest === null ? "" : words.availableFor(formatDuration(rest)),
		);
		if (this.#state && rest !== null && rest <= 0) this.#apply({ ...this.#state, status: "expired" });
	}

	#render() {
		if (!this.#state) return;
		this.#dialog.render({
			words: this.#words,
			state: this.#state,
			percent: this.#percent,
			trouble: this.#trouble,
			isLost: this.#stream?.link === "lost",
			inBackground: this.#inBackground,
			students: this.students,
		});
		const { jobId } = this.#state;
		const { isOpen } = this.#dialog;
		store("sessionStorage", TAG_NAME, isOpen || this.#inBackground ? { jobId, open: isOpen } : null);
		this.#updateTimes();
	}
}

customElements.get(TAG_NAME) ?? customElements.define(TAG_NAME, CorrectaExport);
