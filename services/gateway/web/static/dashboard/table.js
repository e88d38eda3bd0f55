/**
 * The grading table: filter, sort, statistics of the chosen class. Rows are moved and hidden, never written again. The
 * server orders names and classes, as in every file.
 */
import { withSubgroups } from "./class-tree.js";
import { byId, queryAll } from "./page.js";

const body = byId("rows", HTMLTableSectionElement);
const search = byId("find", HTMLInputElement);
const stateFilter = byId("state", HTMLSelectElement);
export const classFilter = byId("class", HTMLSelectElement);
const filters = [search, stateFilter, classFilter];
/** @type {Record<string, Statistics>} */
const statistics = JSON.parse(byId("statistics").dataset.statistics ?? "{}");
const states = [...stateFilter.options].map(({ value }) => value);

/** @param {string} text whose accents and capitals make no difference to a search */
const searchable = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** @param {string} text a number, or "" for none */
const number = (text) => (text === "" ? null : Number(text));

/** @type {Row[]} */
export const rows = [...body.rows].map((node, place) => {
	const { classes = "", classPlace = "", state = "", total = "", when = "", submission = "" } = node.dataset;
	const [name, email] = queryAll("span", node.cells[0]).map(({ textContent }) => textContent ?? "");
	return {
		node,
		name,
		searchText: searchable(`${name.split("@")[0]} ${email.split("@")[0]}`),
		classIds: new Set(classes.split(" ")),
		state,
		submissionId: submission,
		order: { name: place, class: number(classPlace), state: states.indexOf(state), mark: number(total), when: when || null },
	};
});

/** @type {(row: Row, classIds: string[]) => boolean} */
export const isInAny = (row, classIds) => classIds.some((id) => row.classIds.has(id));

/** Show the rows that fit the filters, and the statistics of the class among these. */
export function filterRows() {
	const text = searchable(search.value.trim());
	const state = stateFilter.value;
	const classIds = classFilter.value && withSubgroups(classFilter.value);
	const shown = rows
		.filter((row) => row.searchText.includes(text) && (!state || row.state === state))
		.filter((row) => !classIds || isInAny(row, classIds));
	for (const row of rows) row.node.hidden = !shown.includes(row);
	const total = `${rows.length}`;
	byId("shown").textContent = shown.length === rows.length ? total : `${shown.length} / ${total}`;
	byId("none").hidden = shown.length > 0;
	showStatistics(classFilter.value);
}

/** @type {(column: Column, a: Row, b: Row) => number} */
function compare(column, a, b) {
	const [first, second] = [a.order[column] ?? 0, b.order[column] ?? 0];
	return first < second ? -1 : Number(first > second);
}

/**
 * Put the rows in the order of a column; those without a value stay last.
 * @type {(column: Column, direction: 1 | -1) => void}
 */
export function sortRows(column, direction) {
	document.querySelector("[aria-sort]")?.removeAttribute("aria-sort");
	document.querySelector(`th.${column}`)?.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
	const empty = rows.filter((row) => row.order[column] === null);
	const filled = rows.filter((row) => !empty.includes(row));
	filled.sort((a, b) => direction * compare(column, a, b));
	body.append(...[...filled, ...empty].map(({ node }) => node));
}

/**
 * Show the numbers of a class, which the server made as it makes every report's.
 * @param {string} classId or "" for everyone
 */
function showStatistics(classId) {
	const { bars, ...values } = statistics[classId] ?? statistics[""];
	for (const cell of queryAll("[data-value]")) cell.textContent = values[cell.dataset.value ?? ""];
	const highest = Math.max(1, ...bars);
	const [histogram] = queryAll(".histogram");
	bars.forEach((count, index) => {
		const [label, bar] = queryAll("*", histogram.children[index]);
		label.textContent = count ? String(count) : "";
		bar.style.setProperty("--part", String(count / highest));
	});
	histogram.setAttribute("aria-label", `${histogram.dataset.label} : ${bars.join(", ")}`);
}

for (const filter of filters) filter.addEventListener("input", filterRows);
for (const button of queryAll(".sort")) {
	button.addEventListener("click", () => {
		const column = /** @type {Column} */ (button.dataset.sort);
		const order = button.closest("th")?.getAttribute("aria-sort");
		// At first upwards, but the best marks first.
		sortRows(column, order === "ascending" || (!order && column === "mark") ? -1 : 1);
	});
}
document.getElementById("clear")?.addEventListener("click", () => {
	for (const filter of filters) filter.value = "";
	filterRows();
	search.focus();
});
