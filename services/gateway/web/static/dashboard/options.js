/** The dialog of classes and report options, remembered from one time to the next. */
import { readStored, store } from "../correcta-export/storage.js";
import { classBoxes, tick, tickOnly, tickedClasses, withSubgroups } from "./class-tree.js";
import { byId, exporter, queryAll, words } from "./page.js";
import { classFilter, isInAny, rows } from "./table.js";

const STORED = "correcta-export options";

const dialog = byId("options", HTMLDialogElement);
const form = /** @type {HTMLFormElement} */ (dialog.firstElementChild);
const everyone = byId("everyone", HTMLInputElement);
const exportButton = byId("go", HTMLButtonElement);
const exportLabel = exportButton.textContent;
const examId = exporter.getAttribute("exam") ?? "";
/**
 * The fields of the report's options, by the names that the API gives them.
 * @type {HTMLInputElement[]}
 */
const fields = [.../** @type {any} */ (form.elements)].filter(({ name }) => name && name !== "class");
form.reset(); // the browser may have filled it as it was before a reload
/** The options as the server takes them when they are not sent. */
const defaults = filledOptions();
const handedIn = rows.filter(({ node, submissionId }) => submissionId && !("variant" in node.dataset));
/** @type {Http.Format} */
let format = "pdf";

/**
 * The options that differ from the usual ones, in one order: what is sent, and what makes two requests equal.
 * @type {(options: Record<string, unknown>) => Partial<Http.ReportOptions>}
 */
export function unusualOptions(options) {
	const unusual = Object.entries(defaults).filter(([name, usual]) => name in options && options[name] !== usual);
	return Object.fromEntries(unusual.map(([name]) => [name, options[name]]));
}

/**
 * Open the dialog for a format; the table's class, or the last choice, is ticked. What others have running is named.
 * @type {(chosenFormat: Http.Format, alreadyRunning: AcceptedExport[]) => void}
 */
export function openOptions(chosenFormat, alreadyRunning) {
	format = chosenFormat;
	byId("options-title").textContent = words.formats[format];
	for (const part of queryAll("[data-for]", form)) part.hidden = !part.dataset.for?.split(" ").includes(format);
	const lines = alreadyRunning.map(({ requestedByName, format: kind = "" }) =>
		words.alreadyRunning(requestedByName ?? words.somebodyElse, kind.toUpperCase()),
	);
	byId("already").textContent = lines.join(" ");
	const stored = readStored("localStorage", STORED) ?? {};
	fill(stored.options);
	chooseClasses(classFilter.value ? [classFilter.value] : stored[examId] ?? []);
	dialog.returnValue = "";
	dialog.showModal();
	exportButton.focus();
}

/** @param {Record<string, any>} [options] */
function fill(options) {
	for (const field of fields) {
		const value = { ...defaults, ...options }[field.name];
		if (field.type === "checkbox") field.checked = value;
		else if (field.type === "radio") field.checked = field.value === value;
		else field.value = value;
	}
}

/** @type {(isOffered?: (field: Element) => boolean) => Record<string, string | boolean>} */
function filledOptions(isOffered = () => true) {
	const filled = fields.filter((field) => isOffered(field) && (field.type !== "radio" || field.checked));
	const valueOf = (/** @type {HTMLInputElement} */ field) => (field.type === "checkbox" ? field.checked : field.value);
	return Object.fromEntries(filled.map((field) => [field.name, valueOf(field)]));
}

/** @param {string[]} classIds none for everyone */
function chooseClasses(classIds) {
	tickOnly(classIds);
	updateCount();
}

function updateCount() {
	const classIds = tickedClasses();
	everyone.checked = !classIds.length;
	const count = everyone.checked ? handedIn.length : copiesIn(classIds);
	exportButton.textContent = `${exportLabel} ${words.copies(count)}`;
	exportButton.disabled = count === 0;
}

/** @param {string[]} classIds */
function copiesIn(classIds) {
	const all = classIds.flatMap(withSubgroups);
	return handedIn.filter((row) => isInAny(row, all)).length;
}

/**
 * How many copies a class has: a number to see, a number of copies to hear.
 * @type {(box: HTMLInputElement, count: number) => void}
 */
function showCount(box, count) {
	const [name, number] = queryAll("span", box.closest("label") ?? form);
	number.textContent = String(count);
	box.setAttribute("aria-label", `${name.textContent}, ${words.copies(count)}`);
}

for (const [id, box] of classBoxes) {
	const count = copiesIn([id]);
	showCount(box, count);
	box.closest("li")?.toggleAttribute("hidden", !count);
}
showCount(everyone, handedIn.length);

byId("scope").addEventListener("input", ({ target }) => {
	const box = /** @type {HTMLInputElement} */ (target);
	if (box === everyone) {
		const [first] = [...classBoxes.keys()].filter((id) => copiesIn([id]));
		return chooseClasses(everyone.checked || !first ? [] : [first]);
	}
	tick(box, box.checked);
	updateCount();
});
form.addEventListener("reset", (event) => {
	event.preventDefault();
	fill();
	chooseClasses([]);
});
dialog.addEventListener("close", () => {
	if (dialog.returnValue !== "export") return;
	const classIds = tickedClasses();
	const stored = readStored("localStorage", STORED);
	store("localStorage", STORED, { ...stored, options: filledOptions(), [examId]: classIds });
	const offered = filledOptions((field) => !field.closest("[data-for][hidden]"));
	exporter.start(format, { classIds, options: unusualOptions(offered) });
});
byId("leave").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
