/**
 * Live states over one EventSource; where none comes through, by asking every second. `#check` decides which: it reads
 * the states and compares them with what the connection told.
 *
 * One tab leads, by the lock of the address, and tells the others (decision 0018). Without locks each one asks.
 */
import { RequestFailure } from "./client.js";
import { EVENT_NAMES, isRunning, laterState } from "./export-state.js";

const POLL_MS = 1000;
const IDLE_MS = 15_000;
/** The same where the stream says every 15 s that it is alive. */
const ALIVE_MS = 40_000;
const MOST_EXAMS = 20;
const FIRST_EVENT_MS = 3000;
const RECONNECTION_MS = 1500;
/** Of the polls. */
const RECONNECT_SHARE = 0.03;

/** Events: `export` with each later state, `link` with what becomes of the connection. */
export class Stream extends EventTarget {
	/** @type {Link} */
	link = "live";
	/** @type {Map<string, AcceptedExport>} */
	#states = new Map();
	#leads = false;
	/** @type {BroadcastChannel | null} */
	#channel = null;
	#listeners = new AbortController();
	/** @type {EventSource | null} */
	#source = null;
	/** Whether the connection has brought a state. */
	#deliversEvents = false;
	/** When the connection last showed a sign of life; 0 once it broke. */
	#lastActivity = 0;
	#timer = 0;
	#idleMs = IDLE_MS;
	/** Where the connection broke off. */
	#cursor = "";
	/** Those that the tabs look at. */
	#exams = new Set();
	#failedConnections = 0;
	#failedReads = 0;

	/**
	 * @param {string} url
	 * @param {() => Promise<AcceptedExport[]>} read the same states
	 * @param {string} [exam] whose exports by others are followed, too, over a connection of many exports
	 */
	constructor(url, read, exam = "") {
		super();
		this.url = url;
		this.read = read;
		this.exam = exam;
	}

	/** @type {<Name extends keyof StreamEvents>(name: Name, listen: Listener<Name>, signal?: AbortSignal) => void} */
	on(name, listen, signal = undefined) {
		this.addEventListener(name, (event) => listen(/** @type {CustomEvent} */ (event).detail), { signal });
	}

	/** Follow, until `close`. */
	open() {
		this.#listeners = new AbortController();
		const { signal } = this.#listeners;
		for (const name of ["online", "offline", "focus", "visibilitychange"]) addEventListener(name, this.wake, { signal });
		this.#leads = !navigator.locks;
		if (this.#leads) {
			this.#check();
			return;
		}
		this.#channel = new BroadcastChannel(this.url);
		this.#channel.onmessage = ({ data }) => this.#hear(data);
		this.#channel.postMessage({ exam: this.exam });
		this.#checkAfter(FIRST_EVENT_MS);
		const lead = () => {
			this.#leads = true;
			this.#exams = new Set([this.exam]);
			this.#channel?.postMessage(null);
			this.#connect();
			return new Promise((end) => (signal.onabort = end));
		};
		navigator.locks.request(this.url, { signal }, lead).catch(() => {});
	}

	/** Stop following; `open` starts again. */
	close() {
		this.#listeners.abort();
		this.#channel?.close();
		this.#channel = null;
		this.#disconnect();
	}

	/** @param {TabMessage} message */
	#hear(message) {
		if (message === "alive") this.#noteLife();
		else if (message && "jobId" in message) {
			if (!this.#leads) this.#noteActivity();
			this.apply(message, true);
		} else if (!this.#leads) {
			if (message) return;
			this.#channel?.postMessage({ exam: this.exam });
			this.#check();
		} else if (message) {
			for (const state of this.#states.values()) this.#channel?.postMessage(state);
			if (!this.#exams.has(message.exam)) this.#followToo(message.exam);
			else if (this.link === "stopped") this.#check();
		}
	}

	/**
	 * Another tab looks at another exam: the newest are followed.
	 * @param {string} exam
	 */
	#followToo(exam) {
		this.#exams = new Set([...this.#exams, exam].slice(-MOST_EXAMS));
		this.#cursor = "";
		this.#connect();
	}

	/**
	 * Take a state from anywhere; the latest one known.
	 * @param {AcceptedExport} state
	 * @param {boolean} [isShared] with the other tabs
	 */
	apply(state, isShared) {
		const known = this.#states.get(state.jobId);
		const next = laterState(known, state);
		if (next === known) return known;
		this.#states.set(state.jobId, next);
		if (!isShared) this.#channel?.postMessage(next);
		if (this.#leads && !this.#source && isRunning(next)) this.#checkAfter(POLL_MS);
		this.dispatchEvent(new CustomEvent("export", { detail: next }));
		return next;
	}

	/**
	 * The page or the network woke up, or somebody asks: look at the connection again.
	 * @param {Event} [event]
	 */
	wake = (event) => {
		if (event?.type === "offline") return this.#lose(new RequestFailure("network"));
		if (!event || !document.hidden) this.#check();
	};

	#noteActivity() {
		this.#lastActivity = Date.now();
		this.#tell("live");
		this.#checkAfter(this.#deliversEvents || !this.#leads ? this.#idleMs : FIRST_EVENT_MS);
	}

	#noteLife() {
		this.#idleMs = ALIVE_MS;
		this.#deliversEvents = true;
		if (this.#leads) this.#channel?.postMessage("alive");
		this.#noteActivity();
	}

	#connect() {
		this.#disconnect();
		this.#deliversEvents = false;
		this.#lastActivity = Date.now();
		const exams = [...this.#exams].filter(Boolean).map((exam) => `&exam=${encodeURIComponent(exam)}`);
		const after = this.exam && this.#cursor ? `&after=${this.#cursor}` : "";
		const source = (this.#source = new EventSource(this.url + exams.join("") + after));
		const receive = (/** @type {MessageEvent} */ { data, lastEventId }) => {
			this.#deliversEvents = true;
			this.#failedConnections = 0;
			this.#cursor = lastEventId;
			this.#noteActivity();
			this.apply(JSON.parse(data));
		};
		for (const name of EVENT_NAMES) source.addEventListener(name, receive);
		source.addEventListener("forecast", ({ data }) => {
			this.#noteActivity();
			for (const told of JSON.parse(data).jobs) {
				const known = this.#states.get(told.jobId);
				if (known) this.apply({ ...known, ...told });
			}
		});
		source.addEventListener("reset", () => this.#check());
		source.addEventListener("alive", ({ lastEventId }) => {
			this.#failedConnections = 0;
			this.#cursor = lastEventId;
			this.#noteLife();
		});
		source.onopen = () => this.#noteActivity();
		source.onerror = () => {
			const isClosed = source.readyState === EventSource.CLOSED;
			// Not all readers at once when a server stops.
			if (this.#lastActivity || isClosed) this.#checkAfter((isClosed ? 0 : RECONNECTION_MS) * (1 + 2 * Math.random()));
			this.#lastActivity = 0;
		};
		this.#checkAfter(FIRST_EVENT_MS);
	}

	#disconnect() {
		clearTimeout(this.#timer);
		this.#source?.close();
		this.#source = null;
	}

	/** @param {number} milliseconds */
	#checkAfter(milliseconds) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#check(), milliseconds);
	}

	/** Ask for the states, and conclude from them whether to keep the connection, open it again, or go on asking. */
	async #check() {
		clearTimeout(this.#timer);
		const source = this.#source;
		const activity = this.#lastActivity;
		const isOver = () => source !== this.#source || this.#listeners.signal.aborted;
		try {
			const states = await this.read();
			if (isOver()) return;
			const later = states.filter((state) => this.#states.get(state.jobId) !== this.apply(state));
			const missedStates = later.length > 0 && activity === this.#lastActivity;
			const hasRecovered = this.link !== "live";
			const isOpen = source?.readyState === EventSource.OPEN;
			this.#failedReads = 0;
			this.#tell("live");
			if (!this.#leads) return this.#checkAfter(missedStates ? POLL_MS : this.#idleMs);
			if (isOpen && !missedStates && (this.#deliversEvents || !states.length)) return this.#checkAfter(this.#idleMs);
			if (hasRecovered) this.#failedConnections = 0;
			// One that is open and brings nothing is held back on its way; one that broke gets a second chance.
			if (source && !isOpen) this.#failedConnections++;
			const isWorthwhile = source ? this.#failedConnections < 2 : hasRecovered || Math.random() < RECONNECT_SHARE;
			if (navigator.locks && (isOpen ? this.#deliversEvents : isWorthwhile)) return this.#connect();
			this.#disconnect();
			this.#checkAfter(states.some(isRunning) ? POLL_MS : IDLE_MS);
		} catch (failure) {
			if (!(failure instanceof RequestFailure)) throw failure;
			if (!isOver()) this.#lose(failure);
		}
	}

	/** @param {RequestFailure} failure */
	#lose(failure) {
		this.#disconnect();
		const delay = Math.min(IDLE_MS, 500 * 2 ** this.#failedReads++) + Math.random() * 500;
		if (failure.isTransient) this.#checkAfter(delay);
		this.#tell(failure.isTransient ? "lost" : "stopped", failure);
	}

	/** @param {Link} link @param {RequestFailure} [problem] */
	#tell(link, problem) {
		if (link === this.link && !problem) return;
		if (this.#leads && link !== this.link) this.#channel?.postMessage(null);
		this.link = link;
		this.dispatchEvent(new CustomEvent("link", { detail: { link, problem } }));
	}
}
