/** Tells of an export's end while its page is not looked at: in the tab's title, and by a notification if allowed. */
import { isRunning } from "./export-state.js";

let usualTitle = "";

/** Ask to be allowed to notify, when the reader turns to something else; browsers ask the reader once. */
export function askToNotify() {
	if (window.Notification?.permission === "default") Notification.requestPermission();
}

/**
 * Tell of an end that comes between two states of an export, if nobody is looking.
 * @type {(before: ExportState | null | undefined, state: ExportState, words: Words) => void}
 */
export function tellEnd(before, state, words) {
	if (!document.hidden || !isRunning(before) || isRunning(state) || state.own === false) return;
	const text = words.titles[state.status] ?? "";
	usualTitle ||= document.title;
	document.title = `${text} – ${usualTitle}`;
	document.addEventListener("visibilitychange", restoreTitle, { once: true });
	if (window.Notification?.permission !== "granted") return;
	try {
		const body = state.result?.filename ?? state.examTitle ?? "";
		const notification = new Notification(text, { body, tag: state.jobId });
		notification.onclick = () => {
			focus();
			notification.close();
		};
	} catch {
		// Where only service workers may notify, the title has to do.
	}
}

function restoreTitle() {
	document.title = usualTitle;
	usualTitle = "";
}
