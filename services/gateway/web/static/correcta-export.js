/**
 * <correcta-export exam="ID">: exports of a graded exam, from the click to the file. No dependency, no build, no markup
 * made of text. What is shown never goes back (`later`); one wish makes one export, whatever is clicked, reloaded or
 * opened twice (`#post`); whatever fails has a way out (`#failure`).
 */
/** name | French | English. `%` is filled in; `one~more` is chosen by the last value. */
const WORDS = `
locale|fr|en
units|o Ko Mo Go|B KB MB GB
pdf|Télécharger rapport (PDF)|Download report (PDF)
zip|Copies séparées (ZIP)|Separate copies (ZIP)
csv|Exporter les notes (CSV)|Export grades (CSV)
xlsx|Exporter les notes (Excel)|Export grades (Excel)
queued|En attente…|Queued…
loading|Chargement des données…|Loading data…
processing|Traitement des copies…|Processing copies…
generating|Génération du PDF…|Making the PDF…
file|Génération du fichier…|Making the file…
saving|Enregistrement…|Saving…
complete|Terminé !|Done!
active|Export en cours…|Export in progress…
completed|Export terminé|Export finished
failed|Erreur d'export|Export failed
cancelled|Export annulé|Export cancelled
expired|Fichier expiré|File expired
network|Connexion perdue|Connection lost
session|Session expirée|Session ended
networkText|Le serveur ne répond pas. Réessayez : rien ne sera exporté deux fois.|No answer. Try again: nothing is exported twice.
sessionText|Reconnectez-vous. Un export commencé continue sur le serveur.|Sign in again. A running export continues on the server.
expiredText|Ce fichier a expiré. Relancez l'export.|This file has expired. Start the export again.
unknown|Erreur inattendue. Réessayez ou prévenez l'administrateur.|Unexpected error. Try again or tell your administrator.
lost|Connexion perdue. L'export continue sur le serveur ; reconnexion…|Connection lost. The export continues on the server; reconnecting…
attempt|Le traitement a été interrompu : tentative n° %.|Processing was interrupted: attempt %.
copy|% / % copie~% / % copies|% / % copy~% / % copies
copies|% copie exportée~% copies exportées|% copy exported~% copies exported
pages|% page~% pages|% page~% pages
warnings|% avertissement~% avertissements|% warning~% warnings
student|Copie|Copy
sum|Empreinte SHA-256|SHA-256
left|Reste environ %|About % left
expires|Disponible encore %|Available for %
cancel|Annuler l'export|Cancel export
background|Continuer en arrière-plan|Run in background
download|Télécharger|Download
close|Fermer|Close
retry|Réessayer|Try again
again|Relancer l'export|Start again
signIn|Se reconnecter|Sign in again
refresh|Recharger|Reload`;
const TABLE = new Map(WORDS.split("\n").map((line) => [line.split("|")[0], line.split("|")]));

/** The words of a language: `t(name, ...values)`; undefined where there is no such word. */
export const words = (lang) => (name, ...values) => {
	const forms = TABLE.get(name)?.[/^en\b/i.test(lang) ? 2 : 1]?.split("~");
	return forms?.[values.at(-1) > 1 ? forms.length - 1 : 0].replaceAll("%", () => values.shift());
};

const PHASES = ["queued", "loading", "processing", "generating", "saving", "complete"];
const RANKS = { queued: 0, active: 1, completed: 2, failed: 2, cancelled: 2, expired: 3 };
export const isRunning = (state) => RANKS[state?.status] < 2;

/** The later of two states of an export, `known` itself if that is no news. Nothing counts back within an attempt. */
export function later(known, news) {
	if (!known) return news;
	const rank = RANKS[news.status] - RANKS[known.status];
	if (rank < 0 || (!rank && (news.status !== known.status || news.attempt < known.attempt))) return known;
	const next = { ...known, ...news };
	if (isRunning(news) && news.attempt === known.attempt) {
		for (const name of ["progress", "processed"]) next[name] = Math.max(known[name], news[name]);
		next.phase = PHASES[Math.max(PHASES.indexOf(known.phase), PHASES.indexOf(news.phase))];
	}
	return JSON.stringify(next) === JSON.stringify(known) ? known : next;
}

export const phase = ({ phase, format }, t) => t(phase === "generating" && format !== "pdf" ? "file" : phase) ?? t("active");

export function size(bytes, t) {
	const power = Math.min(3, Math.floor(Math.log2(bytes || 1) / 10));
	const digits = { maximumFractionDigits: power > 1 ? 1 : 0 };
	return `${(bytes / 1024 ** power).toLocaleString(t("locale"), digits)}\u00a0${t("units").split(" ")[power]}`;
}

export function duration(seconds) {
	const [unit, length] = seconds < 60 ? ["s", 1] : seconds < 7200 ? ["min", 60] : ["h", 3600];
	return `${Math.max(0, Math.round(seconds / length))}\u00a0${unit}`;
}

/** Seconds left, coarsely; 0 where nobody knows. `pace` spans one attempt's news. */
export function estimate(pace, now) {
	const gained = pace.percent - pace.from, spent = pace.at - pace.since;
	if (gained < 5 || spent < 1000 || pace.percent > 94 || now - pace.at > Math.max(8000, spent)) return 0;
	const left = ((spent / gained) * (100 - pace.percent) - (now - pace.at)) / 1000;
	const step = left < 60 ? 5 : 60;
	return Math.max(5, Math.ceil(left / step) * step);
}

let skew = 0;
/** The server's time. */
export const clock = () => Date.now() + skew;

/** Why a request failed. `kind`: network, session, gone, expired, reload, server (may pass) or refused. */
const problem = (kind, text, code) => Object.assign(new Error(text), { kind, text, code });
const passing = ({ kind }) => /network|server/.test(kind);
const KINDS = { 401: "session", 404: "gone", 410: "expired" };

export async function call(method, url, { lang = "fr", body, headers } = {}) {
	const token = /\bcorrecta-csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
	const answer = await fetch(url, {
		method, body: body && JSON.stringify(body), redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(15000),
		headers: { "Accept-Language": lang, "x-csrf-token": token, ...(body && { "Content-Type": "application/json" }), ...headers },
	}).catch(() => { throw problem("network"); });
	if (answer.type === "opaqueredirect") throw problem("session");
	skew = (Date.parse(answer.headers.get("date")) || clock()) - Date.now();
	const data = await answer.json().catch(() => ({}));
	if (answer.ok) return { ...data, replayed: answer.headers.has("idempotency-replayed") };
	const kind = data.code === "csrf_refused" ? "reload" : KINDS[answer.status] ?? (answer.status < 500 ? "refused" : "server");
	throw problem(kind, data.error, data.code ?? `http_${answer.status}`);
}

/**
 * Live states over one EventSource, or by asking (`read`) each second where none comes through.
 * Events: `export` (detail: a state that is news), `link` (detail: {link: "live"|"lost"|"stopped", problem}).
 */
export class Stream extends EventTarget {
	link = "live";
	#known = new Map();
	#end;
	#source;
	#fresh;
	#timer;
	#heard;
	#strikes = 0;
	#losses = 0;

	constructor(url, read) {
		super();
		Object.assign(this, { url, read });
	}

	open() {
		this.#end = new AbortController();
		for (const name of ["online", "offline", "focus", "visibilitychange"]) addEventListener(name, this.wake, this.#end);
		this.#connect();
	}

	close() {
		this.#end.abort();
		this.#drop();
	}

	/** Take a state from anywhere; the latest one known. */
	hear(state) {
		const known = this.#known.get(state.jobId), next = later(known, state);
		if (next === known) return known;
		this.#known.set(state.jobId, next);
		if (!this.#source && isRunning(next)) this.#after(1000);
		this.dispatchEvent(new CustomEvent("export", { detail: next }));
		return next;
	}

	/** The page or the network woke up: look at the link again. */
	wake = (event) => {
		if (event?.type === "offline") return this.#lose(problem("network"));
		if (!event || !this.#source || (!document.hidden && Date.now() - this.#heard > 5000)) this.#check();
	};

	#connect() {
		this.#drop();
		this.#fresh = false;
		this.#heard = Date.now();
		const source = (this.#source = new EventSource(this.url));
		const alive = () => {
			this.#heard = Date.now();
			this.#tell("live");
			this.#after(this.#fresh ? 15000 : 3000);
		};
		const frame = ({ data }) => {
			this.#fresh = true;
			this.#strikes = 0;
			alive();
			this.hear(JSON.parse(data));
		};
		for (const name of ["progress", ...Object.keys(RANKS)]) source.addEventListener(name, frame);
		source.onopen = alive;
		source.onerror = () => {
			const closed = source.readyState === 2;
			if (this.#heard || closed) this.#after(closed ? 0 : 1500);
			this.#heard = 0;
		};
		this.#after(3000);
	}

	#drop() {
		clearTimeout(this.#timer);
		this.#source?.close();
		this.#source = null;
	}

	#after(ms) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#check(), ms);
	}

	/** Ask, and conclude: a stream that broke or missed news is opened again; if that doesn't help, go on asking. */
	async #check() {
		clearTimeout(this.#timer);
		const source = this.#source, heard = this.#heard;
		try {
			const states = await this.read();
			if (source !== this.#source) return;
			const missed = states.filter((state) => this.#known.get(state.jobId) !== this.hear(state)).length && heard === this.#heard;
			const recovered = this.link !== "live", open = source?.readyState === 1;
			this.#losses = 0;
			this.#tell("live");
			if (open && !missed && (this.#fresh || !states.length)) return this.#after(15000);
			if (recovered) this.#strikes = 0;
			const again = source ? (open ? this.#fresh : ++this.#strikes < 2) : recovered || Math.random() < 0.03;
			if (again) return this.#connect();
			this.#drop();
			this.#after(states.some(isRunning) ? 1000 : 15000);
		} catch (failure) {
			if (source === this.#source) this.#lose(failure);
		}
	}

	#lose(failure) {
		this.#drop();
		if (passing(failure)) this.#after(Math.min(15000, 500 * 2 ** this.#losses++) + Math.random() * 500);
		this.#tell(passing(failure) ? "lost" : "stopped", failure);
	}

	#tell(link, problem) {
		if (link === this.link && !problem) return;
		this.link = link;
		this.dispatchEvent(new CustomEvent("link", { detail: { link, problem } }));
	}
}

/** An element; text stays text. */
export function el(tag, props = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(props)) {
		if (name.startsWith("on")) node[name] = value;
		else node.setAttribute(name, value);
	}
	node.append(...children.flat());
	return node;
}

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
:host{--a:var(--correcta-accent,light-dark(#1d3c63,#a9c8ee));--g:light-dark(#fff,#1b2129);--i:light-dark(#1d2630,#ebe8e1);
--l:light-dark(#d9d6ce,#39434f);display:inline-block;font:1rem/1.5 var(--correcta-font,system-ui);font-variant-numeric:tabular-nums}
*{box-sizing:border-box}[hidden]{display:none!important}p,h2{margin:0}
dialog,button,a{border:1px solid var(--l);background:var(--g);color:var(--i)}dialog{width:31rem;max-width:94vw;padding:0;border-radius:14px;box-shadow:0 24px 60px #0006}
dialog::backdrop{background:#000a}
dialog>div>*{padding:1.25rem 1.5rem 0}.body{min-height:9.5rem;overflow-wrap:anywhere}.foot{display:flex;flex-wrap:wrap;gap:.6rem;justify-content:end;position:sticky;bottom:0;background:var(--g);padding-bottom:1.25rem}
h2{font:600 1.35rem/1.3 var(--correcta-heading,system-ui);outline:0}.soft{color:light-dark(#566170,#a9b3bf);font-size:.875rem}
button,a{font:inherit;font-weight:600;min-height:2.75rem;padding:.4rem 1.1rem;border-radius:9px;cursor:pointer;text-decoration:none;display:inline-flex;align-items:center;justify-content:center}
button:disabled{opacity:.6}:is(button,a):hover{border-color:currentcolor}.main{background:var(--a);border-color:var(--a);color:light-dark(#fff,#101a26)}
:focus-visible{outline:3px solid var(--a);outline-offset:2px}
.row{display:flex;justify-content:space-between;gap:1rem;min-height:1.5em}
progress{appearance:none;display:block;width:100%;height:10px;margin:.7rem 0 .6rem;border:0;border-radius:5px;background:var(--l);overflow:hidden;forced-color-adjust:none}
progress::-webkit-progress-bar{background:none}progress::-webkit-progress-value{background:var(--a)}progress::-moz-progress-bar{background:var(--a)}
.note{min-height:3em;color:light-dark(#7a5200,#e9bd6f);margin-top:.4rem}
.mark{float:left;width:2.5rem;line-height:2.3rem;margin:.2rem 0 .5rem;border-radius:50%;text-align:center;font-weight:700;border:2px solid}
.mark~p{margin-left:3.5rem}.good{border-color:light-dark(#1c6a41,#7fd1a3)}.bad{border-color:light-dark(#a3272d,#ffa59e)}
details{clear:both;padding-top:.6rem;font-size:.9rem}summary{line-height:1.75rem}
ul{margin:.3rem 0;padding-left:1.2rem}
.pill{position:fixed;z-index:99;inset:auto 1rem 1rem auto;box-shadow:0 6px 24px #0004;gap:.8rem;font-size:.9rem}
.pill progress{width:4.5rem;margin:0}[role=status]{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media(max-width:30rem){.foot>*{flex:1 1 100%}}`);

const MEMORY = "correcta-export";
/** Read, write or (null) remove, if the browser lets us. */
const kept = (store, name, value) => {
	try {
		if (value === undefined) return JSON.parse(store.getItem(name));
		return value === null ? store.removeItem(name) : store.setItem(name, JSON.stringify(value));
	} catch { return null; }
};
/** Would fail again. */
const FINAL = /not_found|no_copies|invalid|unknown_o|many_[cp]|not_a_|archived/;

export class CorrectaExport extends HTMLElement {
	/** A Stream of all exports, if the page has one; else the element opens its own. */
	feed = this.feed;
	/** Names by submission id; perhaps here before us. */
	students = this.students ?? new Map();
	#state;
	#trouble;
	#leave = new AbortController();
	#stream;
	#pace;
	#busy;
	#shown;
	#away;
	#said = 0;

	constructor() {
		super();
		const root = this.attachShadow({ mode: "open" });
		root.adoptedStyleSheets = [STYLE];
		const soft = { class: "soft" };
		const $ = (this.$ = {
			title: el("h2", { id: "t", tabindex: -1 }), about: el("p", soft), main: el("div", { class: "body" }), foot: el("div", { class: "foot" }),
			live: el("p", { role: "status" }), outside: el("p", { role: "status" }),
			phase: el("strong"), percent: el("span"), copies: el("span"), left: el("span", soft), note: el("p", { class: "soft note" }),
			bar: el("progress", { max: 100, "aria-labelledby": "t" }), small: el("progress", { max: 100, "aria-hidden": true }),
			text: el("span"), expiry: el("p", soft),
		});
		$.pill = el("button", { class: "pill", onclick: () => this.open() }, $.text, $.small);
		$.dialog = el("dialog", { "aria-labelledby": "t" }, el("div", {}, el("div", {}, $.title, $.about), $.main, $.foot, $.live));
		$.dialog.oncancel = (event) => (event.preventDefault(), this.close());
		$.dialog.onclick = ({ target }) => target === $.dialog && !this.#running && this.close();
		root.append(el("slot", { onclick: () => this.start(this.getAttribute("format") ?? "pdf") }), $.dialog, $.pill, $.outside);
	}

	get t() { return words(this.closest("[lang]")?.lang); }
	get #running() { return isRunning(this.#state) && !this.#trouble; }

	connectedCallback() {
		this.$.pill.hidden = true;
		this.ticker = setInterval(() => this.#tick(), 1000);
		this.#restore().catch(() => {});
	}

	disconnectedCallback() {
		clearInterval(this.ticker);
		this.#leave.abort();
		this.$.dialog.close();
		this.#state = this.#busy = null;
	}

	/** Start an export, or show the one this very wish has running. */
	async start(format, { classIds = [], options = {}, examId = this.getAttribute("exam") } = {}) {
		const wish = { examId, format, classIds, options }, name = `${MEMORY} ${JSON.stringify(wish)}`;
		if (this.#busy === name || (this.#running && this.#state.name === name)) return this.open();
		this.#busy = name;
		this.#begin({ ...wish, name, status: "queued", phase: "queued", progress: 0, processed: 0, total: 0, attempt: 0 });
		this.open();
		await this.#try(() => this.#post(wish, name), () => this.start(format, wish));
		if (this.#busy === name) this.#busy = "";
	}

	/** Show the current export, or an entry of a list. */
	open(job) {
		this.#away = false;
		if (job) this.#begin(job);
		if (!this.#state) return;
		if (!this.$.dialog.open) this.$.dialog.showModal();
		this.#render();
	}

	/** Close the dialog; a running export stays at hand in a corner. */
	close() {
		this.#away = isRunning(this.#state) && (this.#state.jobId || !this.#trouble);
		this.$.dialog.close();
		this.#render();
	}

	cancel() {
		return this.#try(async () => this.#take(await this.#call("DELETE", `jobs/${this.#state.jobId}`)));
	}

	/** Ask before going to the file: a failure is told here. */
	download(event) {
		event?.preventDefault();
		const { downloadUrl, filename } = this.#state.result;
		return this.#try(async () => {
			await call("HEAD", downloadUrl, { lang: this.t("locale") });
			el("a", { href: downloadUrl, download: filename }).click();
		});
	}

	#url = (path) => `/api/exams/${encodeURIComponent(this.#state?.examId ?? this.getAttribute("exam"))}/export/${path}`;
	#call = (method, path, more) => call(method, this.#url(path), { lang: this.t("locale"), ...more });
	#read = async (jobId) => ({ jobId, ...(await this.#call("GET", `status?jobId=${jobId}`)) });
	#button = (name, act, look = "") => el("button", { class: look, onclick: act }, this.t(name));

	async #try(action, retry = () => this.#try(action)) {
		this.#trouble = null;
		try {
			await action();
		} catch (failure) {
			if (!failure.kind) throw failure;
			if (failure.code !== "export_already_ended") this.#trouble = Object.assign(failure, { retry });
		}
		this.#render();
	}

	/** A wish's key is kept until its export ends: the same wish meanwhile, in any tab, is the same export. */
	async #post({ format, classIds, options }, name) {
		const body = { ...(classIds.length && { classIds }), ...(Object.keys(options).length && { options }) };
		for (let tries = 1; ; ) {
			const key = kept(localStorage, name) ?? String(crypto.getRandomValues(new Uint32Array(4)));
			kept(localStorage, name, key);
			try {
				const { jobId, replayed } = await this.#call("POST", format, { body, headers: { "Idempotency-Key": key } });
				if (!replayed || isRunning(await this.#read(jobId))) return this.#busy === name && this.#begin({ ...this.#state, jobId });
				kept(localStorage, name, null);
			} catch (failure) {
				if (tries++ > 3 || !passing(failure)) throw failure;
				await new Promise((resume) => setTimeout(resume, 300 * 2 ** tries));
			}
		}
	}

	/** Find what ran or was open when the page was left; of its own format, if it has one. */
	async #restore() {
		const { jobId, open } = kept(sessionStorage, MEMORY) ?? {}, format = this.getAttribute("format");
		const jobs = (await this.#call("GET", "jobs")).jobs.filter((one) => !format || one.format === format);
		const job = jobs.find((one) => one.jobId === jobId) ?? jobs.find(isRunning);
		if (!job || this.#state) return;
		this.#away = true;
		this.#begin(job);
		if (open) this.open();
	}

	#begin(state) {
		this.#leave.abort();
		this.#state = this.#trouble = this.#pace = this.#stream = null;
		this.#take(state);
		if (!state.jobId || !isRunning(state)) return;
		this.#leave = new AbortController();
		const stream = this.#stream = this.feed ?? new Stream(this.#url(`events?jobId=${state.jobId}&lang=${this.t("locale")}`), async () => [await this.#read(state.jobId)]);
		stream.addEventListener("export", ({ detail }) => detail.jobId === state.jobId && this.#take(detail), this.#leave);
		stream.addEventListener("link", ({ detail: { link, problem } }) => {
			this.#trouble = link === "stopped" ? Object.assign(problem, { retry: stream.wake }) : null;
			this.#render();
		}, this.#leave);
		if (this.feed) return this.#take(stream.hear(state));
		stream.open();
		this.#leave.signal.onabort = () => stream.close();
	}

	#take(news) {
		const state = later(this.#state, news), { attempt, progress } = state, at = Date.now();
		if (state === this.#state) return;
		this.#trouble = null;
		if (this.#pace?.attempt !== attempt || progress < 10) this.#pace = { attempt, from: progress, since: at };
		if (progress !== this.#pace.percent) Object.assign(this.#pace, { percent: progress, at });
		this.#state = { ...state, top: Math.max(this.#state?.top ?? 0, progress) };
		if (!isRunning(state)) {
			this.#leave.abort();
			if (state.name) kept(localStorage, state.name, null);
		}
		this.#render();
		this.dispatchEvent(new CustomEvent("export", { detail: this.#state }));
	}

	#tick() {
		const { t, $ } = this, { status, result } = this.#state ?? {};
		const seconds = this.#running ? estimate(this.#pace, Date.now()) : 0;
		$.left.textContent = seconds ? t("left", duration(seconds)) : "";
		if (status !== "completed" || !result.expiresAt) return;
		const rest = (Date.parse(result.expiresAt) - clock()) / 1000;
		$.expiry.textContent = t("expires", duration(rest));
		if (rest <= 0) this.#take({ ...this.#state, status: "expired" });
	}

	#render() {
		const { t, $ } = this, state = this.#state, failure = this.#trouble ?? state;
		if (!state) return;
		const kind = this.#trouble?.kind ?? (isRunning(state) ? "active" : state.status);
		const active = kind === "active", code = failure.code ?? failure.errorCode, view = `${kind} ${code} ${state.jobId}`;
		if (view !== this.#shown) {
			this.#shown = view;
			const held = $.dialog.open && this.shadowRoot.activeElement;
			const [body, ...buttons] = active ? this.#progress(t) : kind === "completed" ? this.#result(t, state) : this.#failure(t, kind, code, failure);
			$.title.textContent = t(kind) ?? t("failed");
			$.about.textContent = t(state.format);
			$.main.replaceChildren(...body);
			if (!active) buttons.unshift(this.#button("close", () => this.close()));
			$.foot.replaceChildren(...buttons);
			if (held) (active ? $.title : $.foot.lastElementChild).focus();
			if (!active) this.#say(`${$.title.textContent}. ${body[1].textContent}`, true);
		}
		if (active) this.#update(t, state);
		$.text.textContent = `${$.title.textContent} ${active ? $.percent.textContent : ""}`;
		$.pill.hidden = !this.#away;
		const { open } = $.dialog, { jobId } = state;
		kept(sessionStorage, MEMORY, open || this.#away ? { jobId, open } : null);
		this.#tick();
	}

	#progress(t) {
		const { phase, percent, bar, copies, left, note } = this.$, cancel = this.#button("cancel", () => this.cancel());
		cancel.disabled = !this.#state.jobId;
		return [
			[el("div", { class: "row" }, phase, percent), bar, el("div", { class: "row" }, copies, left), note],
			cancel, this.#button("background", () => this.close(), "main"),
		];
	}

	#update(t, { attempt, processed, total, top, ...state }) {
		const { $ } = this, copies = total ? t("copy", processed, total) : "";
		$.phase.textContent = phase(state, t);
		$.percent.textContent = `${top}\u00a0%`;
		$.copies.textContent = copies;
		$.bar.value = $.small.value = top;
		$.note.textContent = this.#stream?.link === "lost" ? t("lost") : attempt > 1 ? t("attempt", attempt) : "";
		this.#say(`${$.phase.textContent} ${copies} ${$.note.textContent}`);
	}

	#result(t, { result }) {
		const { pages, sha256, downloadUrl, filename, warnings } = result;
		const lines = [...Map.groupBy(warnings, ({ submissionId }) => submissionId)].map(([id, list]) => el("li", { dir: "auto" },
			id ? this.students.get(id) ?? `${t("student")} ${id}` : "Export",
			el("ul", {}, list.map(({ message }) => el("li", { dir: "auto" }, message)))));
		const facts = [t("copies", result.attemptCount), pages && t("pages", pages), size(result.size, t)].filter(Boolean).join(" · ");
		return [
			[el("div", { class: "mark good", "aria-hidden": true }, "✓"), el("p", {}, el("strong", {}, t("complete")), ` ${facts}`), this.$.expiry,
				el("details", lines.length ? { open: "" } : { hidden: "" }, el("summary", {}, t("warnings", warnings.length)), el("ul", {}, lines)),
				el("details", {}, el("summary", {}, t("sum")), el("code", {}, sha256))],
			el("a", { class: "main", href: downloadUrl, download: filename, onclick: (event) => this.download(event) }, t("download")),
		];
	}

	#failure(t, kind, code, { text, error, retry }) {
		const { format, options } = this.#state, page = this.getAttribute("sign-in"), ways = {
			session: ["signIn", () => (page ? location.assign(page) : location.reload())],
			reload: ["refresh", () => location.reload()],
			[retry ? "expired" : kind]: options && ["again", () => this.start(format, this.#state)],
		};
		const known = kind !== "failed" && t(kind), way = FINAL.test(code) ? null : kind in ways ? ways[kind] : ["retry", retry];
		return [
			[el("div", { class: known ? "mark" : "mark bad", "aria-hidden": true }, "!"), el("p", {}, t(`${kind}Text`) ?? text ?? error ?? t("unknown")), el("p", { class: "soft" }, known ? "" : `Code ${code}`)],
			...(way ? [this.#button(...way, "main")] : []),
		];
	}

	/** Say aloud; progress every ten seconds. */
	#say(text, now) {
		if (!now && Date.now() - this.#said < 10000) return;
		this.#said = Date.now();
		(this.$.dialog.open ? this.$.live : this.$.outside).textContent = text;
	}
}
customElements.get(MEMORY) ?? customElements.define(MEMORY, CorrectaExport);
