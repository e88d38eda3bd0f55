/** « Mes exports »: every export of the reader, live over one connection, with what can be done about each. */
import { Stream, call, clock, duration, el, isRunning, phase, size, words } from "./correcta-export.js";
import { DEFAULTS } from "./options.js";
import { $, exporter, lang, locale } from "./page.js";

const t = words(lang), english = lang === "en";
const jobs = new Map();
const read = async () => (await call("GET", "/api/exports", { lang })).jobs;
export const feed = new Stream(`/api/exports/events?lang=${lang}`, read);
const when = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const TRIES = english ? ["Start again", "Details", "Show", "Cancel", "Download"] : ["Relancer", "Détails", "Afficher", "Annuler", "Télécharger"];

feed.addEventListener("export", ({ detail }) => {
	jobs.set(detail.jobId, { ...jobs.get(detail.jobId), job: detail });
	draw(detail.jobId);
	if (!("examTitle" in detail)) complete();
});
feed.addEventListener("link", ({ detail: { link, problem } }) => {
	const way = problem?.kind === "session" ? [" ", el("a", { href: location.href }, t("signIn"))] : [];
	$("link").replaceChildren(...(link === "live" ? [] : [link === "lost" ? t("network") : problem.text ?? t(problem.kind) ?? t("unknown"), ...way]));
});

/** What a stream's frames leave out (title, options) is in the list: one reading for all that came together. */
let asked = false;
async function complete() {
	if (asked) return;
	asked = true;
	await new Promise((resume) => setTimeout(resume, 50));
	asked = false;
	for (const job of await read().catch(() => [])) feed.hear({ ...job, ...jobs.get(job.jobId)?.job });
}

function draw(id) {
	const entry = jobs.get(id), { job } = entry;
	entry.node ??= place(el("li"), job);
	const view = `${job.status} ${"examTitle" in job}`;
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
	const act = (index, does, look = "") => el("button", { class: look, "aria-label": `${TRIES[index]}${english ? ":" : " :"} ${label}`, onclick: does }, TRIES[index]);
	const again = act(0, () => exporter.start(job.format, { classIds: job.classIds, options: chosenOptions(job.options), examId: job.examId }));
	const details = act(isRunning(job) ? 2 : 1, () => exporter.open(jobs.get(job.jobId).job));
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

/** A fact that no line break splits. */
const whole = (fact) => fact.replaceAll(" ", "\u00a0");

function sentence(job) {
	const at = job.requestedAt ? `${when.format(new Date(job.requestedAt))} · ` : "";
	if (isRunning(job)) return `${phase(job, t)} ${job.total ? whole(t("copy", job.processed, job.total)) : ""}`;
	if (job.status !== "completed") return `${at}${job.error ?? t(job.status)}`;
	const { pages, size: bytes, warnings, expiresAt } = job.result;
	const rest = expiresAt ? (Date.parse(expiresAt) - clock()) / 1000 : null;
	if (rest !== null && rest <= 0) queueMicrotask(() => feed.hear({ ...job, status: "expired", error: undefined }));
	const facts = [pages && t("pages", pages), size(bytes, t), warnings.length && t("warnings", warnings.length), rest > 0 && t("expires", duration(rest))];
	return at + facts.filter(Boolean).map(whole).join(" · ");
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

/** A page out of sight of which nothing runs leaves its connection to others: a browser has six for a whole site. */
let resting = true;
function rest() {
	const idle = document.hidden && ![...jobs.values()].some(({ job }) => isRunning(job));
	if (idle === resting) return;
	resting = idle;
	if (idle) feed.close();
	else feed.open();
}

/** Show what there is, then follow. */
export async function follow() {
	const list = await feed.read().catch(() => []);
	$("no-exports").hidden = list.length > 0;
	list.forEach((job) => feed.hear(job));
	addEventListener("visibilitychange", rest);
	rest();
	setInterval(() => jobs.forEach(({ job }, id) => job.status === "completed" && draw(id)), 5000);
}
