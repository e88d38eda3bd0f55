/** The component's nodes: a dialog, a button in the corner while it is closed, and what a screen reader announces. */
import { element } from "./dom.js";
import { isRunning } from "./export-state.js";
import { ProgressView, failureView, resultView } from "./views.js";

const ANNOUNCEMENT_INTERVAL_MS = 10_000;

/** Shows an export in a shadow root. */
export class ExportDialog {
	#title = element("h2", { id: "title", tabindex: -1 });
	#format = element("p", { class: "soft" });
	#body = element("div", { class: "body" });
	#buttons = element("div", { class: "foot" });
	#status = element("p", { role: "status" });
	/** A modal dialog hides what is outside it from screen readers, so there are two places to announce. */
	#statusOutside = element("p", { role: "status" });
	#dialog = element("dialog", { "aria-labelledby": "title" });
	#cornerText = element("span");
	#cornerBar = element("progress", { max: 100, "aria-hidden": true });
	#corner = element("button", { class: "pill", hidden: "" }, this.#cornerText, this.#cornerBar);
	#expiry = element("p", { class: "soft" });
	#progress = new ProgressView();
	/** What the dialog holds: it is built anew when this changes. */
	#view = "";
	#announcedAt = 0;
	#wasLost = false;

	/** @param {ShadowRoot} root @param {Actions} actions */
	constructor(root, actions) {
		this.root = root;
		this.actions = actions;
		const head = element("div", {}, this.#title, this.#format);
		this.#dialog.append(element("div", {}, head, this.#body, this.#buttons, this.#status));
		this.#corner.onclick = () => actions.open();
		this.#dialog.addEventListener("cancel", (event) => {
			event.preventDefault();
			actions.close();
		});
		this.#dialog.onclick = ({ target }) => target === this.#dialog && !actions.isRunning && actions.close();
		root.append(this.#dialog, this.#corner, this.#statusOutside);
	}

	get isOpen() {
		return this.#dialog.open;
	}

	open() {
		if (!this.isOpen) this.#dialog.showModal();
	}

	close() {
		this.#dialog.close();
		this.#corner.hidden = true;
	}

	/** @param {Shown} shown */
	render(shown) {
		const { state, percent, trouble, inBackground } = shown;
		const kind = trouble?.failure.kind ?? (isRunning(state) ? "active" : state.status);
		const view = `${kind} ${trouble?.failure.code ?? state.errorCode} ${state.jobId}`;
		if (view !== this.#view) {
			this.#view = view;
			this.#build(shown, kind);
		}
		if (kind === "active") {
			const text = this.#progress.update(shown);
			const isDue = Date.now() - this.#announcedAt >= ANNOUNCEMENT_INTERVAL_MS;
			if (isDue || shown.isLost !== this.#wasLost) this.#announce(text);
			this.#wasLost = shown.isLost;
		}
		this.#cornerText.textContent = `${this.#title.textContent} ${kind === "active" ? `${percent}\u00a0%` : ""}`;
		this.#cornerBar.value = percent;
		this.#corner.hidden = !inBackground;
	}

	/**
	 * What changes by the second, and is never announced.
	 * @type {(timeLeft: string, expiry: string) => void}
	 */
	updateTimes(timeLeft, expiry) {
		this.#progress.timeLeft.textContent = timeLeft;
		this.#expiry.textContent = expiry;
	}

	/** @type {(shown: Shown, kind: string) => void} */
	#build(shown, kind) {
		const { words, state } = shown;
		const hadFocus = this.isOpen && this.root.activeElement;
		const { body, buttons, announcement } = this.#viewOf(shown, kind);
		this.#title.textContent = words.titles[kind] ?? words.titles.failed;
		this.#format.textContent = words.formats[state.format ?? ""] ?? "";
		this.#body.replaceChildren(...body);
		this.#buttons.replaceChildren(...buttons);
		if (hadFocus) (kind === "active" ? this.#title : buttons.at(-1))?.focus();
		if (announcement) this.#announce(`${this.#title.textContent}. ${announcement}`);
	}

	/** @type {(shown: Shown, kind: string) => View} */
	#viewOf(shown, kind) {
		if (kind === "active") return this.#progress.build(shown, this.actions);
		if (kind === "completed") return resultView(shown, this.actions, this.#expiry);
		return failureView(shown, this.actions, kind);
	}

	/** @param {string} text */
	#announce(text) {
		this.#announcedAt = Date.now();
		(this.isOpen ? this.#status : this.#statusOutside).textContent = text;
	}
}
