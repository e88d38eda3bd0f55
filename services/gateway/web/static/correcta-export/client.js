/** Requests to the gateway, and why one failed. */
import { element } from "./dom.js";

const TIMEOUT_MS = 15_000;
const ATTEMPTS = 4;
const FIRST_DELAY_MS = 1200;

/** @type {Record<number, FailureKind | undefined>} */
const KINDS_BY_STATUS = { 401: "session", 404: "gone", 410: "expired" };

/** No usable answer, or a refusal: with the server's sentence for people and its code for programs. */
export class RequestFailure extends Error {
	/** @param {FailureKind} kind @param {Partial<Http.Problem>} problem */
	constructor(kind, { error, code } = {}) {
		super(error);
		this.kind = kind;
		this.text = error;
		this.code = code;
	}

	/** Whether the same request may succeed a moment later. */
	get isTransient() {
		return this.kind === "network" || this.kind === "server";
	}
}

let clockOffset = 0;

/** The server's clock in ms, by the `Date` of its latest answer. */
export const serverTime = () => Date.now() + clockOffset;

/**
 * The JSON answer to a request; `replayed` where it repeats that of an earlier one with the same idempotency key.
 * @type {(method: string, url: string, options?: RequestOptions) => Promise<any>}
 * @throws {RequestFailure}
 */
export async function call(method, url, { lang = "fr", body, headers, needs } = {}) {
	const { csrfCookie = "correcta-csrf" } = document.documentElement.dataset;
	const response = await fetch(url, {
		method,
		body: body && JSON.stringify(body),
		redirect: "manual",
		cache: "no-store",
		// TypeScript 4.8 does not know it.
		signal: /** @type {any} */ (AbortSignal).timeout(TIMEOUT_MS),
		headers: {
			"Accept-Language": lang,
			// Correcta's own client knows fewer.
			"X-Export-States": "all",
			"x-csrf-token": RegExp(`\\b${csrfCookie}=([^;]*)`).exec(document.cookie)?.[1] ?? "",
			...(body && { "Content-Type": "application/json" }),
			...headers,
		},
	}).catch(noAnswer);
	if (response.type === "opaqueredirect") throw new RequestFailure("session");
	clockOffset = (Date.parse(response.headers.get("date") ?? "") || serverTime()) - Date.now();
	if (!response.ok) throw await refusal(response);
	// One that is cut off, or somebody else's, is as good as none.
	const answer = method === "HEAD" ? {} : await response.json().catch(noAnswer);
	if (needs && !(answer && needs in Object(answer))) noAnswer();
	return { ...answer, replayed: response.headers.has("idempotency-replayed") };
}

/** @type {() => never} */
function noAnswer() {
	throw new RequestFailure("network");
}

/** @param {Response} response */
async function refusal(response) {
	const code = `http_${response.status}`;
	/** @type {Partial<Http.Problem>} */
	const problem = { code, ...(await response.json().catch(() => null)) };
	const kind = KINDS_BY_STATUS[response.status] ?? (response.status < 500 ? "refused" : "server");
	return new RequestFailure(problem.code === "csrf_refused" ? "reload" : kind, problem);
}

/**
 * Repeat a request, ever later and four times in all, while it fails in a way that may pass.
 * @template Answer
 * @param {() => Promise<Answer>} request
 */
export async function withRetries(request) {
	for (let attempt = 1; ; attempt++) {
		try {
			return await request();
		} catch (failure) {
			if (attempt === ATTEMPTS || !(failure instanceof RequestFailure && failure.isTransient)) throw failure;
			await new Promise((resume) => setTimeout(resume, FIRST_DELAY_MS * 2 ** (attempt - 1)));
		}
	}
}

/** @type {(examId: string, path: string) => string} */
export const exportUrl = (examId, path) => `/api/exams/${encodeURIComponent(examId)}/export/${path}`;

/**
 * Have the browser save a file, once the gateway says that it is there.
 * @type {(result: Http.Result, lang: string) => Promise<void>}
 */
export async function download({ downloadUrl, filename }, lang) {
	await call("HEAD", downloadUrl, { lang });
	element("a", { href: downloadUrl, download: filename }).click();
}
