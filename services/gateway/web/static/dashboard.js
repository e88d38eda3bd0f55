/**
 * The grading dashboard: filter, sort, statistics, the Actions menu, the export's options, « Mes exports ».
 *
 * One connection carries the news of every export of the page. Rows are moved and hidden, never written again: what
 * students wrote arrives as text in the page and stays text.
 */
import { Stream, call, clock, duration, el, isRunning, later, phase, size, words } from "./correcta-export.js";

const $ = (id) => document.getElementById(id);
const lang = document.documentElement.lang, t = words(lang), english = lang === "en";
const exporter = document.querySelector("correcta-export");
const number = (value) => new Intl.NumberFormat(lang, { maximumFractionDigits: 2, roundingMode: "halfExpand" }).format(value);
const collator = new Intl.Collator(lang, { numeric: true });
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const kept = (name, value) => {
	try {
		return value ? localStorage.setItem(name, JSON.stringify(value)) : JSON.parse(localStorage.getItem(name));
	} catch {
		return null;
	}
};

// The table

const STATES = ["GRADED", "GRADING_IN_PROGRESS", "SUBMITTED", "ABSENT"];
const rows = [...$("rows").rows].map((row, index) => ({
	row, index,
	name: row.querySelector("th span").textContent,
	text: plain([...row.cells[0].querySelectorAll("span")].slice(0, 2).map((part) => part.textContent.split("@")[0]).join(" ")),
	class: row.cells[1].textContent,
	classes: new Set(row.dataset.classes.split(" ")),
	state: row.dataset.state,
	mark: row.dataset.state === "GRADED" ? Number(row.dataset.total) : null,
	when: row.dataset.when,
}));
const tree = new Map([...document.querySelectorAll("#tree input")].map((box) => [box.value, box]));
const below = (id) => [...tree.get(id).closest("li").querySelectorAll("input")].map((box) => box.value);
const within = (entry, ids) => ids.some((id) => entry.classes.has(id));
exporter.students = new Map(rows.map(({ row, name }) => [row.dataset.submission, name]));

const day = new Intl.DateTimeFormat(lang, { day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" });
for (const time of document.querySelectorAll("td time")) time.textContent = day.format(new Date(time.dateTime)).replace(",", "");

function filter() {
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
	mark: (a, b) => b.mark - a.mark,
	when: (a, b) => collator.compare(a.when, b.when),
};

/** Sort by a column; once more, the other way round. What has no value stays last. */
function sort(key) {
	const head = document.querySelector(`th.${key}`);
	const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
	document.querySelector("[aria-sort]").removeAttribute("aria-sort");
	head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
	const empty = (entry) => entry[key] === null || entry[key] === "";
	const compare = (a, b) => empty(a) - empty(b) || (empty(a) ? 0 : way * ORDERS[key](a, b)) || a.index - b.index;
	$("rows").append(...[...rows].sort(compare).map(({ row }) => row));
}

for (const id of ["find", "class", "state"]) $(id).addEventListener("input", filter);
for (const button of document.querySelectorAll(".sort")) button.addEventListener("click", () => sort(button.dataset.sort));
$("clear")?.addEventListener("click", () => {
	for (const id of ["find", "class", "state"]) $(id).value = "";
	filter();
	$("find").focus();
});

// Statistics, by the report's definitions: quartiles are values of the series, the deviation is the population's

export function statistics(values, maximum, bins = 10) {
	const marks = [...values].sort((a, b) => a - b), n = marks.length;
	if (!n) return { bars: Array(bins).fill(0) };
	const mean = marks.reduce((sum, mark) => sum + mark, 0) / n;
	const at = (share) => marks[Math.max(Math.ceil(n * share), 1) - 1];
	const bars = Array(bins).fill(0);
	for (const mark of marks) bars[Math.min(bins - 1, Math.max(0, Math.floor((mark * bins) / maximum)))] += 1;
	return {
		mean, bars, q1: at(1 / 4), q3: at(3 / 4), minimum: marks[0], maximum: marks[n - 1],
		median: n % 2 ? marks[(n - 1) / 2] : (marks[n / 2 - 1] + marks[n / 2]) / 2,
		deviation: Math.sqrt(marks.reduce((sum, mark) => sum + (mark - mean) ** 2, 0) / n),
	};
}

function summarise(marks) {
	const found = statistics(marks, Number($("statistics").dataset.maximum));
	for (const cell of document.querySelectorAll("[data-value]")) {
		const value = found[cell.dataset.value];
		cell.textContent = value === undefined ? "—" : number(value);
	}
	const most = Math.max(1, ...found.bars), chart = document.querySelector(".histogram");
	[...chart.children].forEach((bar, index) => {
		bar.firstChild.textContent = found.bars[index] || "";
		bar.lastChild.style.setProperty("--part", found.bars[index] / most);
	});
	chart.setAttribute("aria-label", `${chart.dataset.label} : ${found.bars.join(", ")}`);
}

// The menu

const menu = $("menu"), items = [...menu.querySelectorAll("[role=menuitem]")];

function toggle(open, focus = 0) {
	menu.hidden = !open;
	$("actions").setAttribute("aria-expanded", open);
	if (open) items.at(focus).focus();
}

$("actions").addEventListener("click", () => toggle(menu.hidden));
$("actions").addEventListener("keydown", (event) => {
	if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
	event.preventDefault();
	toggle(true, event.key === "ArrowUp" ? -1 : 0);
});
menu.addEventListener("keydown", (event) => {
	const index = items.indexOf(event.target);
	const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
	if (event.key === "Escape" || event.key === "Tab") toggle(false);
	if (event.key === "Escape") $("actions").focus();
	if (to === undefined) return;
	event.preventDefault();
	items.at(to % items.length).focus();
});
addEventListener("pointerdown", ({ target }) => target.closest(".actions") || toggle(false));
for (const item of items) {
	item.addEventListener("click", () => {
		toggle(false);
		$("actions").focus();
		choose(item.dataset.format, item.firstChild.textContent);
	});
}

// What to export

const MEMORY = "correcta-export options";
const DEFAULTS = { audience: "student", statements: true, statistics: true, comments: true, duplex: false, order: "name", language: "fr" };
const dialog = $("options"), form = dialog.firstElementChild, everyone = $("everyone");
const handedIn = rows.filter(({ state }) => state !== "ABSENT");
let format = "pdf";

for (const [id, box] of tree) {
	const count = handedIn.filter((entry) => within(entry, below(id))).length;
	box.closest("label").querySelector(".number").textContent = count;
	box.closest("li").hidden = !count;
}
everyone.closest("label").querySelector(".number").textContent = handedIn.length;

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
	const copies = english ? (total === 1 ? "copy" : "copies") : total > 1 ? "copies" : "copie";
	$("go").textContent = `${$("go").dataset.label} ${total} ${copies}`;
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

function choose(kind, label) {
	format = kind;
	$("options-title").textContent = label;
	for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(kind);
	const memory = kept(MEMORY) ?? {};
	fill(memory.options);
	tickAll($("class").value ? [$("class").value] : memory[exporter.getAttribute("exam")] ?? []);
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
form.addEventListener("submit", ({ submitter }) => {
	if (submitter.value !== "export") return;
	const classIds = everyone.checked ? [] : chosen(), memory = kept(MEMORY) ?? {};
	kept(MEMORY, { ...memory, options: { ...memory.options, ...pick() }, [exporter.getAttribute("exam")]: classIds });
	exporter.start(format, { classIds, options: options() });
});
dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());

/** Every option as it stands, for the next time. */
function pick() {
	return Object.fromEntries(Object.entries(DEFAULTS).map(([name, usual]) => [name, typeof usual === "boolean" ? form.elements[name].checked : form.elements[name].value]));
}

// « Mes exports »

const jobs = new Map();
const read = async () => (await call("GET", "/api/exports", { lang })).jobs;
const feed = new Stream("/api/exports/events", async () => {
	const list = await read();
	list.forEach(know);
	return list;
});
const when = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
const TRIES = english ? ["Start again", "Details", "Show", "Cancel", "Download"] : ["Relancer", "Détails", "Afficher", "Annuler", "Télécharger"];

/** Keep what the list alone tells (title, options), whatever the stream said first. */
function know(job) {
	const entry = jobs.get(job.jobId);
	jobs.set(job.jobId, { ...entry, job: { ...job, ...(entry ? later(job, entry.job) : {}), examTitle: job.examTitle, options: job.options, classIds: job.classIds } });
}

let asked = 0;
async function complete() {
	if (asked++) return;
	await new Promise((resume) => setTimeout(resume, 50));
	asked = 0;
	(await read().catch(() => [])).forEach((job) => {
		know(job);
		draw(job.jobId);
	});
}

feed.addEventListener("export", ({ detail }) => {
	const entry = jobs.get(detail.jobId) ?? {};
	jobs.set(detail.jobId, { ...entry, job: { ...entry.job, ...detail } });
	draw(detail.jobId);
	if (!entry.job?.options) complete();
});
feed.addEventListener("link", ({ detail: { link, problem } }) => {
	const way = problem?.kind === "session" ? [" ", el("a", { href: location.href }, t("signIn"))] : [];
	$("link").replaceChildren(...(link === "live" ? [] : [link === "lost" ? t("network") : problem.text ?? t(problem.kind) ?? t("unknown"), ...way]));
});

function draw(id) {
	const entry = jobs.get(id), { job } = entry;
	entry.node ??= place(el("li"), job);
	const view = `${job.status} ${Boolean(job.options)}`;
	if (entry.view !== view) {
		const focused = entry.node.contains(document.activeElement);
		entry.view = view;
		entry.node.replaceChildren(...parts(job, entry));
		if (focused) entry.node.querySelector("button, a")?.focus();
	}
	entry.state.textContent = sentence(job);
	if (isRunning(job)) entry.bar.value = job.progress;
}

function place(node, job) {
	const at = (node.dataset.at = job.requestedAt ?? new Date().toISOString());
	const next = [...$("list").children].find((one) => one.dataset.at < at);
	$("list").insertBefore(node, next ?? null);
	$("no-exports").hidden = true;
	return node;
}

function parts(job, entry) {
	entry.state = el("p", { class: "soft" });
	entry.bar = el("progress", { max: 100, "aria-label": `${t("active")} ${job.format.toUpperCase()}` });
	const title = job.examTitle ?? "";
	const label = `${job.format.toUpperCase()}, ${title}`;
	const act = (index, does, look = "") => el("button", { class: look, "aria-label": `${TRIES[index]} : ${label}`, onclick: does }, TRIES[index]);
	const again = act(0, () => exporter.start(job.format, { classIds: job.classIds, options: chosenOptions(job.options), examId: job.examId }));
	const details = act(isRunning(job) ? 2 : 1, () => exporter.show(jobs.get(job.jobId).job));
	const acts = isRunning(job) ? [details, act(3, () => cancel(job))]
		: job.status === "completed" ? [act(4, () => download(job), "main"), details] : job.options ? [again] : [];
	return [
		el("span", { class: `kind ${job.status}` }, job.format.toUpperCase()),
		el("div", { class: "about" }, el("strong", { dir: "auto" }, title), entry.state, ...(isRunning(job) ? [entry.bar] : [])),
		el("div", { class: "acts" }, acts),
	];
}

/** The options that differ from the usual ones, in their order: what the dialog would send. */
const chosenOptions = (given) => Object.fromEntries(Object.keys(DEFAULTS).filter((name) => name in given && given[name] !== DEFAULTS[name]).map((name) => [name, given[name]]));

function sentence(job) {
	const at = job.requestedAt ? `${when.format(new Date(job.requestedAt))} · ` : "";
	if (isRunning(job)) return `${phase(job, t)} ${job.total ? t("copy", job.processed, job.total) : ""}`;
	if (job.status !== "completed") return `${at}${job.error ?? t(job.status)}`;
	const { pages, size: bytes, warnings, expiresAt } = job.result;
	const rest = expiresAt ? (Date.parse(expiresAt) - clock()) / 1000 : null;
	if (rest !== null && rest <= 0) queueMicrotask(() => feed.hear({ ...job, status: "expired", error: undefined }));
	const facts = [pages && t("pages", pages), size(bytes, t), warnings.length && t("warnings", warnings.length), rest > 0 && t("expires", duration(rest))];
	return at + facts.filter(Boolean).join(" · ");
}

async function cancel(job) {
	try {
		feed.hear(await call("DELETE", `/api/exams/${encodeURIComponent(job.examId)}/export/jobs/${job.jobId}`, { lang }));
	} catch (problem) {
		tell(job, problem);
	}
}

async function download({ jobId }) {
	const { job } = jobs.get(jobId);
	try {
		await call("HEAD", job.result.downloadUrl, { lang });
		el("a", { href: job.result.downloadUrl, download: job.result.filename }).click();
	} catch (problem) {
		if (problem.kind === "expired") feed.hear({ ...job, status: "expired" });
		else tell(job, problem);
	}
}

/** A request that failed says so in its own line. */
function tell(job, problem) {
	jobs.get(job.jobId).state.textContent = problem.text ?? t(`${problem.kind}Text`) ?? t("unknown");
}

exporter.feed = feed;
filter();
feed.read().then((list) => {
	$("no-exports").hidden = list.length > 0;
	list.forEach(feed.hear, feed);
}, () => {}).finally(() => feed.open());
setInterval(() => jobs.forEach(({ job }, id) => job.status === "completed" && draw(id)), 5000);
