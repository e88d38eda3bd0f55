/** What the dialog shows of an export: its progress, its file, or why there is none and the way out. */
import { element } from "./dom.js";
import { formatPhase, formatSize } from "./formatting.js";

/** Codes of what would fail again. */
const PERMANENT = /not_found|no_copies|invalid|unknown_option|too_many_(copies|pages)|not_a_teacher|archived/;

/** @type {(name: string, action: (event: MouseEvent) => void, look?: string) => HTMLButtonElement} */
const button = (name, action, look = "") => element("button", { class: look, onclick: action }, name);

/** A running export: made once, then brought up to date. */
export class ProgressView {
	#phase = element("strong");
	#percent = element("span");
	#bar = element("progress", { max: 100, "aria-labelledby": "title" });
	#copies = element("span");
	#note = element("p", { class: "soft note" });
	timeLeft = element("span", { class: "soft" });

	/** @type {(shown: Shown, actions: Actions) => View} */
	build({ words: { buttons }, state }, actions) {
		const cancel = button(buttons.cancel, () => actions.cancel());
		cancel.disabled = !state.jobId;
		const above = element("div", { class: "row" }, this.#phase, this.#percent);
		const below = element("div", { class: "row" }, this.#copies, this.timeLeft);
		return {
			body: [above, this.#bar, below, this.#note],
			buttons: [cancel, button(buttons.background, () => actions.close(), "main")],
		};
	}

	/**
	 * What there is to announce.
	 * @param {Shown} shown
	 */
	update({ words, state, percent, isLost }) {
		const { attempt, processed, total, status, queuePosition } = state;
		this.#phase.textContent = formatPhase(state, words);
		this.#percent.textContent = `${percent}\u00a0%`;
		this.#bar.value = percent;
		const place = status === "queued" && queuePosition ? words.queuePosition(queuePosition) : "";
		this.#copies.textContent = total ? words.copiesDone(processed, total) : place;
		this.#note.textContent = isLost ? words.reconnecting : attempt > 1 ? words.laterAttempt(attempt) : "";
		return [this.#phase, this.#copies, this.#note].map((part) => part.textContent).join(" ");
	}
}

/**
 * The file: its facts, its warnings by student, its checksum.
 * @type {(shown: Shown, actions: Actions, expiry: Node) => View}
 */
export function resultView({ words, state: { result }, students }, actions, expiry) {
	if (!result) return { body: [], buttons: [] };
	const { attemptCount, pages, size, sha256, downloadUrl, filename, warnings } = result;
	const counts = [words.copiesExported(attemptCount), ...(pages ? [words.pages(pages)] : [])];
	const facts = ` ${[...counts, formatSize(size, words)].join(" · ")}`;
	const summary = element("p", {}, element("strong", {}, words.phases.complete), facts);
	const link = element("a", { class: "main", href: downloadUrl, download: filename }, words.buttons.download);
	link.onclick = (event) => actions.download(event);
	const warningList = [
		element("summary", {}, words.warnings(warnings.length)),
		element("ul", {}, warningItems(words, warnings, students)),
	];
	return {
		body: [
			element("div", { class: "mark good", "aria-hidden": true }, "✓"),
			summary,
			expiry,
			element("details", warnings.length ? { open: "" } : { hidden: "" }, warningList),
			element("details", {}, element("summary", {}, words.checksum), element("code", {}, sha256)),
		],
		buttons: [button(words.buttons.close, () => actions.close()), link],
		announcement: summary.textContent ?? "",
	};
}

/**
 * One for each student, in the order of the warnings.
 * @type {(words: Words, warnings: Http.Warning[], students: Map<string, string>) => Node[]}
 */
function warningItems(words, warnings, students) {
	/** @type {Map<string, HTMLElement>} */
	const lists = new Map();
	for (const { submissionId, message } of warnings) {
		const id = submissionId ?? "";
		lists.set(id, lists.get(id) ?? element("ul"));
		lists.get(id)?.append(element("li", { dir: "auto" }, message));
	}
	return [...lists].map(([id, list]) => {
		const name = id ? students.get(id) ?? words.copyOf(id) : words.wholeExport;
		return element("li", { dir: "auto" }, name, list);
	});
}

/**
 * What went wrong, and one way out where there is any.
 * @type {(shown: Shown, actions: Actions, kind: string) => View}
 */
export function failureView(shown, actions, kind) {
	const { words, state, trouble } = shown;
	const { code, text } = trouble ? trouble.failure : { code: state.errorCode, text: state.error };
	const hasTitle = kind !== "failed" && kind in words.titles;
	const sentence = words.explanations[kind] ?? text ?? words.unexpectedError;
	const way = PERMANENT.test(code ?? "") ? [] : wayOut(shown, actions, kind);
	return {
		body: [
			element("div", { class: hasTitle ? "mark" : "mark bad", "aria-hidden": true }, "!"),
			element("p", {}, sentence),
			element("p", { class: "soft" }, hasTitle ? "" : words.errorCode(code ?? "")),
		],
		buttons: [button(words.buttons.close, () => actions.close()), ...way],
		announcement: sentence,
	};
}

/** @type {(shown: Shown, actions: Actions, kind: string) => HTMLElement[]} */
function wayOut({ words: { buttons }, state, trouble }, actions, kind) {
	if (kind === "session") return [button(buttons.signIn, () => actions.signIn(), "main")];
	if (kind === "reload") return [button(buttons.reload, () => location.reload(), "main")];
	if (trouble && kind !== "expired") return [button(buttons.retry, trouble.retry, "main")];
	// An export known from events alone does not say with which options it could be made again.
	return state.options ? [button(buttons.restart, () => actions.restart(), "main")] : [];
}
