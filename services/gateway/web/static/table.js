/**
 * The grading table: filter, sort, and the statistics of what is shown.
 *
 * Rows are moved and hidden, never written again: what students wrote arrives as text in the page and stays text.
 */
import { $, lang, locale, plain } from "./page.js";
import { statistics } from "./statistics.js";

const collator = new Intl.Collator(lang, { numeric: true });
const number = new Intl.NumberFormat(lang, { maximumFractionDigits: 2, roundingMode: "halfExpand" });
const STATES = ["GRADED", "GRADING_IN_PROGRESS", "SUBMITTED", "ABSENT"];
export const rows = [...$("rows").rows].map((row, index) => ({
	row, index,
	name: row.querySelector("th span").textContent,
	text: plain([...row.cells[0].querySelectorAll("span")].slice(0, 2).map((part) => part.textContent.split("@")[0]).join(" ")),
	class: row.cells[1].textContent,
	classes: new Set(row.dataset.classes.split(" ")),
	state: row.dataset.state,
	mark: row.dataset.state === "GRADED" ? Number(row.dataset.total) : null,
	when: row.dataset.when,
}));
/** Checkboxes of the classes' tree, by class id. */
export const tree = new Map([...document.querySelectorAll("#tree input")].map((box) => [box.value, box]));
/** A class and all below it. */
export const below = (id) => [...tree.get(id).closest("li").querySelectorAll("input")].map((box) => box.value);
export const within = (entry, ids) => ids.some((id) => entry.classes.has(id));

const day = new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" });
for (const time of document.querySelectorAll("td time")) time.textContent = day.format(new Date(time.dateTime)).replace(",", "");

export function filter() {
	const find = plain($("find").value.trim()), state = $("state").value;
	const ids = $("class").value ? below($("class").value) : null;
	const shown = rows.filter((entry) => {
		const fits = entry.text.includes(find) && (!state || entry.state === state) && (!ids || within(entry, ids));
		entry.row.hidden = !fits;
		return fits;
	});
	$("shown").textContent = shown.length === rows.length ? `${rows.length}` : `${shown.length} / ${rows.length}`;
	$("none").hidden = shown.length > 0;
	summarise(shown.map(({ mark }) => mark).filter((mark) => mark !== null));
}

const ORDERS = {
	name: (a, b) => collator.compare(a.name, b.name),
	class: (a, b) => collator.compare(a.class, b.class),
	state: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state),
	mark: (a, b) => a.mark - b.mark,
	when: (a, b) => collator.compare(a.when, b.when),
};

/** Put rows in the order of a column; what has no value stays last. */
export function sort(key, way) {
	const head = document.querySelector(`th.${key}`);
	document.querySelector("[aria-sort]").removeAttribute("aria-sort");
	head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
	const empty = (entry) => entry[key] === null || entry[key] === "";
	const compare = (a, b) => empty(a) - empty(b) || (empty(a) ? 0 : way * ORDERS[key](a, b)) || a.index - b.index;
	$("rows").append(...[...rows].sort(compare).map(({ row }) => row));
}

for (const id of ["find", "class", "state"]) $(id).addEventListener("input", filter);
for (const button of document.querySelectorAll(".sort")) {
	button.addEventListener("click", () => {
		const now = { ascending: 1, descending: -1 }[button.closest("th").getAttribute("aria-sort")];
		sort(button.dataset.sort, now ? -now : button.dataset.sort === "mark" ? -1 : 1);
	});
}
$("clear")?.addEventListener("click", () => {
	for (const id of ["find", "class", "state"]) $(id).value = "";
	filter();
	$("find").focus();
});

function summarise(marks) {
	const found = statistics(marks, Number($("statistics").dataset.maximum));
	for (const cell of document.querySelectorAll("[data-value]")) {
		const value = found[cell.dataset.value];
		cell.textContent = value === undefined ? "—" : number.format(value + 1e-9);
	}
	const most = Math.max(1, ...found.bars), chart = document.querySelector(".histogram");
	[...chart.children].forEach((bar, index) => {
		bar.firstChild.textContent = found.bars[index] || "";
		bar.lastChild.style.setProperty("--part", found.bars[index] / most);
	});
	chart.setAttribute("aria-label", `${chart.dataset.label} : ${found.bars.join(", ")}`);
}
