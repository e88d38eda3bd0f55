/** What to export: classes with their subgroups, and the report's options, remembered from one time to the next. */
import { $, exporter, lang } from "./page.js";
import { below, rows, tree, within } from "./table.js";

const kept = (name, value) => {
	try {
		return value ? localStorage.setItem(name, JSON.stringify(value)) : JSON.parse(localStorage.getItem(name));
	} catch {
		return null;
	}
};
const english = lang === "en";
const MEMORY = "correcta-export options";
/** The options as the server takes them when they are not sent. */
export const DEFAULTS = { audience: "student", statements: true, statistics: true, comments: true, duplex: false, order: "name", language: "fr" };
const dialog = $("options"), form = dialog.firstElementChild, everyone = $("everyone");
const handedIn = rows.filter(({ state }) => state !== "ABSENT");
let format = "pdf";

const copies = (count) => `${count} ${english ? (count === 1 ? "copy" : "copies") : count > 1 ? "copies" : "copie"}`;

/** How many copies a class has: a number to see, a number of copies to hear. */
function tell(box, count) {
	const [name, number] = box.closest("label").querySelectorAll("span");
	number.textContent = count;
	box.setAttribute("aria-label", `${name.textContent}, ${copies(count)}`);
}

for (const [id, box] of tree) {
	const count = handedIn.filter((entry) => within(entry, below(id))).length;
	tell(box, count);
	box.closest("li").hidden = !count;
}
tell(everyone, handedIn.length);

/** The topmost classes that are ticked: a class brings its subgroups. */
const chosen = () => [...tree].filter(([, box]) => box.checked && !box.closest("ul").closest("li")?.querySelector("input").checked).map(([id]) => id);

function tick(box, checked) {
	for (const one of box.closest("li").querySelectorAll("input")) Object.assign(one, { checked, indeterminate: false });
	for (let item = box.closest("ul").closest("li"); item; item = item.closest("ul").closest("li")) {
		const above = item.querySelector("input");
		above.checked &&= checked;
		above.indeterminate = !above.checked && [...item.querySelectorAll("ul input")].some((one) => one.checked);
	}
}

function tickAll(ids) {
	for (const box of tree.values()) Object.assign(box, { checked: false, indeterminate: false });
	for (const id of ids) if (tree.has(id)) tick(tree.get(id), true);
	everyone.checked = !chosen().length;
	count();
}

function count() {
	const ids = chosen().flatMap(below);
	const total = everyone.checked ? handedIn.length : handedIn.filter((entry) => within(entry, ids)).length;
	$("go").textContent = `${$("go").dataset.label} ${copies(total)}`;
	$("go").disabled = total === 0;
}

function options() {
	const fields = form.elements, wished = {};
	for (const [name, usual] of Object.entries(DEFAULTS)) {
		const field = fields[name], value = typeof usual === "boolean" ? field.checked : field.value;
		const offered = field.length || !field.closest("[data-for][hidden]");
		if (value !== usual && offered) wished[name] = value;
	}
	return wished;
}

function fill(wished) {
	for (const [name, value] of Object.entries({ ...DEFAULTS, ...wished })) {
		const field = form.elements[name];
		if (typeof value === "boolean") field.checked = value;
		else field.value = value;
	}
}

/** Open the dialog for a format; the table's class, or the last choice, is ticked. */
export function choose(kind, label) {
	format = kind;
	$("options-title").textContent = label;
	for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(kind);
	const memory = kept(MEMORY) ?? {};
	fill(memory.options);
	tickAll($("class").value ? [$("class").value] : memory[exporter.getAttribute("exam")] ?? []);
	dialog.returnValue = "";
	dialog.showModal();
	$("go").focus();
}

$("go").dataset.label = $("go").textContent;
$("scope").addEventListener("input", ({ target }) => {
	if (target === everyone) return tickAll(everyone.checked ? [] : [...tree.keys()].filter((id) => !tree.get(id).closest("li").hidden).slice(0, 1));
	tick(target, target.checked);
	everyone.checked = !chosen().length;
	count();
});
form.addEventListener("reset", (event) => {
	event.preventDefault();
	fill({});
	tickAll([]);
});
dialog.addEventListener("close", () => {
	if (dialog.returnValue !== "export") return;
	const classIds = everyone.checked ? [] : chosen(), memory = kept(MEMORY) ?? {};
	kept(MEMORY, { ...memory, options: { ...memory.options, ...pick() }, [exporter.getAttribute("exam")]: classIds });
	exporter.start(format, { classIds, options: options() });
});
$("leave").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());

/** Every option as it stands, for the next time. */
function pick() {
	return Object.fromEntries(Object.entries(DEFAULTS).map(([name, usual]) => [name, typeof usual === "boolean" ? form.elements[name].checked : form.elements[name].value]));
}
