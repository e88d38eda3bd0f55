/**
 * « Mes exports »: every export of the reader, and those of this exam that colleagues have running, live, with what can
 * be done about each.
 */
import { tellEnd } from "../correcta-export/attention.js";
import { RequestFailure, call, download, exportUrl, serverTime, withRetries } from "../correcta-export/client.js";
import { element } from "../correcta-export/dom.js";
import { isRunning, secondsAvailable } from "../correcta-export/export-state.js";
import { formatDuration, formatPhase, formatSize } from "../correcta-export/formatting.js";
import { Stream } from "../correcta-export/stream.js";
import { unusualOptions } from "./options.js";
import { byId, exporter, queryAll, words } from "./page.js";

const REFRESH_MS = 5000;
const COMPLETION_MS = 50;

const lang = words.language;
const exam = exporter.getAttribute("exam") ?? "";
const list = byId("list");
const time = clockOf(byId("exports").dataset.zone);
/** @type {Map<string, ExportItem>} by job id */
const items = new Map();

/** @type {() => Promise<Http.Listed[]>} */
const read = async () => (await call("GET", `/api/exports?exam=${encodeURIComponent(exam)}`, { lang, needs: "jobs" })).jobs;
const { reader = "" } = document.documentElement.dataset;
/** Tabs share it by its address, which names the reader: another may sign in. */
export const feed = new Stream(`/api/exports/events?lang=${lang}&reader=${encodeURIComponent(reader)}`, read, exam);

/** Exports of this exam that others have running. */
export const colleaguesExports = () =>
	[...items.values()].map(({ job }) => job).filter((job) => job.own === false && isRunning(job));

/** One export in the list. */
class ExportItem {
	#node = element("li");
	#state = element("p", { class: "soft" });
	#bar = element("progress", { max: 100 });
	/** What it holds: it is built anew when this changes. */
	#view = "";

	/** @param {AcceptedExport} job */
	constructor(job) {
		this.job = job;
		const at = (this.#node.dataset.at = job.requestedAt ?? new Date().toISOString());
		const older = queryAll("li", list).find(({ dataset }) => String(dataset.at) < at);
		list.insertBefore(this.#node, older ?? null);
		byId("no-exports").hidden = true;
	}

	/** @param {AcceptedExport} job */
	update(job) {
		tellEnd(this.job, job, words);
		this.job = job;
		const view = `${job.status} ${"examTitle" in job}`;
		if (view !== this.#view) this.#build();
		this.#view = view;
		this.#state.textContent = sentenceOf(job);
		this.#bar.value = job.progress;
		if ((secondsAvailable(job, serverTime()) ?? 1) <= 0) queueMicrotask(() => this.#expire());
	}

	#build() {
		const { status, examTitle, format = "" } = this.job;
		const title = examTitle ?? "";
		const kind = format.toUpperCase();
		const hadFocus = this.#node.contains(document.activeElement);
		this.#bar.setAttribute("aria-label", `${words.titles.active} ${kind}`);
		this.#bar.hidden = !isRunning(this.job);
		this.#node.replaceChildren(
			element("span", { class: `kind ${status}` }, kind),
			element("div", { class: "about" }, element("strong", { dir: "auto" }, title), this.#state, this.#bar),
			element("div", { class: "acts" }, this.#buttons(`${kind}, ${title}`)),
		);
		if (hadFocus) queryAll("button", this.#node)[0]?.focus();
	}

	/** @param {string} subject what a screen reader adds to their names */
	#buttons(subject) {
		const { job } = this;
		const names = words.listButtons;
		/** @type {(name: string, onclick: () => void, look?: string) => HTMLElement} */
		const button = (name, onclick, look = "") =>
			element("button", { class: look, "aria-label": words.labelled(name, subject), onclick }, name);
		const { jobId, format, options, classIds, examId = "", result } = job;
		const open = () => exporter.open(this.job);
		if (isRunning(job) && job.own === false) return [button(names.show, open)];
		if (isRunning(job)) {
			const cancel = async () => feed.apply(await call("DELETE", exportUrl(examId, `jobs/${jobId}`), { lang }));
			return [button(names.show, open), button(names.cancel, () => this.#try(cancel))];
		}
		if (job.status === "completed" && result) {
			const save = () => this.#try(() => download(result, lang));
			return [button(names.download, save, "main"), button(names.details, open)];
		}
		if (!format || !options || job.own === false) return [];
		const request = { classIds, options: unusualOptions(options), examId };
		return [button(names.restart, () => exporter.start(format, request))];
	}

	/** @param {() => Promise<unknown>} action whose failure is told in the export's own line */
	async #try(action) {
		try {
			await action();
		} catch (failure) {
			if (!(failure instanceof RequestFailure)) throw failure;
			if (failure.kind === "expired") return this.#expire();
			this.#state.textContent = failure.text ?? words.explanations[failure.kind] ?? words.unexpectedError;
		}
	}

	#expire() {
		feed.apply({ ...this.job, status: "expired", error: undefined });
	}
}

/**
 * Hours in the zone of the page; in the browser's own where it does not know that zone.
 * @param {string} [timeZone]
 */
function clockOf(timeZone) {
	try {
		return new Intl.DateTimeFormat(words.dateLocale, { timeStyle: "short", timeZone });
	} catch {
		return new Intl.DateTimeFormat(words.dateLocale, { timeStyle: "short", timeZoneName: "short" });
	}
}

/** @param {ExportState} job */
function sentenceOf(job) {
	const { status, processed, total, result, requestedAt, error } = job;
	if (isRunning(job)) {
		const copies = total ? unbroken(words.copiesDone(processed, total)) : "";
		const requester = job.own !== false ? "" : `· ${words.requestedBy(job.requestedByName ?? words.somebodyElse)}`;
		return [formatPhase(job, words), copies, requester].join(" ");
	}
	const at = requestedAt ? `${time.format(new Date(requestedAt))} · ` : "";
	if (status !== "completed" || !result) return at + (error ?? words.titles[status]);
	const { pages, size, warnings } = result;
	const seconds = secondsAvailable(job, serverTime()) ?? 0;
	const facts = [
		pages && words.pages(pages),
		formatSize(size, words),
		warnings.length && words.warnings(warnings.length),
		seconds > 0 && words.availableFor(formatDuration(seconds)),
	];
	return at + facts.flatMap((fact) => (fact ? unbroken(fact) : [])).join(" · ");
}

/** @param {string} fact that no line break may split */
const unbroken = (fact) => fact.replaceAll(" ", "\u00a0");

let completion = 0;

/** Titles and options, which events leave out: one request for all that came together. */
function completeStates() {
	clearTimeout(completion);
	completion = setTimeout(async () => {
		for (const job of await withRetries(read).catch(() => [])) feed.apply({ ...job, ...items.get(job.jobId)?.job });
	}, COMPLETION_MS);
}

feed.on("export", (job) => {
	// A tab that looks at another exam shares the connection.
	if (job.own === false && !items.has(job.jobId) && (job.examId !== exam || !isRunning(job))) return;
	const item = items.get(job.jobId) ?? new ExportItem(job);
	items.set(job.jobId, item);
	item.update(job);
	if (!("examTitle" in job)) completeStates();
});
feed.on("link", ({ link, problem }) => {
	const notice = byId("link");
	notice.textContent = link === "lost" ? words.titles.network : "";
	if (link !== "stopped" || !problem) return;
	notice.append(problem.text ?? words.titles[problem.kind] ?? words.unexpectedError);
	if (problem.kind === "session") notice.append(" ", element("a", { href: location.href }, words.buttons.signIn));
});

/** Show what there is, then follow. */
export async function followExports() {
	const jobs = await read().catch(() => []);
	byId("no-exports").hidden = jobs.length > 0;
	for (const job of jobs) feed.apply(job);
	feed.open();
	setInterval(() => {
		for (const item of items.values()) if (item.job.status === "completed") item.update(item.job);
	}, REFRESH_MS);
}
