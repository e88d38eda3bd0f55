/**
 * Live states over one EventSource; where none comes through, by asking every second. `#check` decides which: it reads
 * the states and compares them with what the connection told.
 */
import { RequestFailure } from "./client.js";
import { EVENT_NAMES, isRunning, laterState } from "./export-state.js";

const POLL_MS = 1000;
const IDLE_MS = 15_000;
const FIRST_EVENT_MS = 3000;
const RECONNECTION_MS = 1500;
const STALE_MS = 5000;
/** How often, while polling, a connection is tried again. */
const RECONNECT_SHARE = 0.03;

/** Events: `export` with each later state, `link` with what becomes of the connection. */
export class Stream extends EventTarget {
	/** @type {Link} */
	link = "live";
	/** @type {Map<string, AcceptedExport>} */
	#states = new Map();
	#listeners = new AbortController();
	/** @type {EventSource | null} */
	#source = null;
	/** Whether the connection has brought a state. */
	#deliversEvents = false;
	/** When the connection last showed a sign of life; 0 once it broke. */
	#lastActivity = 0;
	#timer = 0;
	#failedConnections = 0;
	#failedReads = 0;

	/** @param {string} url @param {() => Promise<AcceptedExport[]>} read the same states */
	constructor(url, read) {
		super();
		this.url = url;
		this.read = read;
	}

	/**
	 * @template {keyof StreamEvents} Name
	 * @param {Name} name
	 * @param {(detail: StreamEvents[Name]) => void} listener
	 * @param {AbortSignal} [signal]
	 */
	on(name, listener, signal) {
		this.addEventListener(name, (event) => listener(/** @type {CustomEvent} */ (event).detail), { signal });
	}

	/** Follow, until `close`. */
	open() {
		this.#listeners = new AbortController();
		const { signal } = this.#listeners;
		for (const name of ["online", "offline", "focus", "visibilitychange"]) addEventListener(name, this.wake, { signal });
		this.#connect();
	}

	/** Stop following; `open` starts again. */
	close() {
		this.#listeners.abort();
		this.#disconnect();
	}

	/**
	 * Take a state from anywhere; the latest one known.
	 * @param {AcceptedExport} state
	 */
	apply(state) {
		const known = this.#states.get(state.jobId);
		const next = laterState(known, state);
		if (next === known) return known;
		this.#states.set(state.jobId, next);
		if (!this.#source && isRunning(next)) this.#checkAfter(POLL_MS);
		this.dispatchEvent(new CustomEvent("export", { detail: next }));
		return next;
	}

	/**
	 * The page or the network woke up, or somebody asks: look at the connection again.
	 * @param {Event} [event]
	 */
	wake = (event) => {
		if (event?.type === "offline") return this.#lose(new RequestFailure("network"));
		const isStale = !document.hidden && Date.now() - this.#lastActivity > STALE_MS;
		if (!event || !this.#source || isStale) this.#check();
	};

	#connect() {
		this.#disconnect();
		this.#deliversEvents = false;
		this.#lastActivity = Date.now();
		const source = (this.#source = new EventSource(this.url));
		const noteActivity = () => {
			this.#lastActivity = Date.now();
			this.#tell("live");
			this.#checkAfter(this.#deliversEvents ? IDLE_MS : FIRST_EVENT_MS);
		};
		const receive = (/** @type {MessageEvent} */ { data }) => {
			this.#deliversEvents = true;
			this.#failedConnections = 0;
			noteActivity();
			this.apply(JSON.parse(data));
		};
		for (const name of EVENT_NAMES) source.addEventListener(name, receive);
		source.onopen = noteActivity;
		source.onerror = () => {
			const isClosed = source.readyState === EventSource.CLOSED;
			if (this.#lastActivity || isClosed) this.#checkAfter(isClosed ? 0 : RECONNECTION_MS);
			this.#lastActivity = 0;
		};
		this.#checkAfter(FIRST_EVENT_MS);
	}

	#disconnect() {
		clearTimeout(this.#timer);
		this.#source?.close();
		this.#source = null;
	}

	/** @param {number} milliseconds */
	#checkAfter(milliseconds) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#check(), milliseconds);
	}

	/** Ask for the states, and conclude from them whether to keep the connection, open it again, or go on asking. */
	async #check() {
		clearTimeout(this.#timer);
		const source = this.#source;
		const activity = this.#lastActivity;
		try {
			const states = await this.read();
			if (source !== this.#source) return;
			const later = states.filter((state) => this.#states.get(state.jobId) !== this.apply(state));
			const missedStates = later.length > 0 && activity === this.#lastActivity;
			const hasRecovered = this.link !== "live";
			const isOpen = source?.readyState === EventSource.OPEN;
			this.#failedReads = 0;
			this.#tell("live");
			if (isOpen && !missedStates && (this.#deliversEvents || !states.length)) return this.#checkAfter(IDLE_MS);
			if (hasRecovered) this.#failedConnections = 0;
			if (this.#shouldConnect(source, isOpen, hasRecovered)) return this.#connect();
			this.#disconnect();
			this.#checkAfter(states.some(isRunning) ? POLL_MS : IDLE_MS);
		} catch (failure) {
			if (!(failure instanceof RequestFailure)) throw failure;
			if (source === this.#source) this.#lose(failure);
		}
	}

	/**
	 * An open connection that has brought nothing is held back on its way; one that broke gets a second chance.
	 * @type {(source: EventSource | null, isOpen: boolean, hasRecovered: boolean) => boolean}
	 */
	#shouldConnect(source, isOpen, hasRecovered) {
		if (!source) return hasRecovered || Math.random() < RECONNECT_SHARE;
		return isOpen ? this.#deliversEvents : ++this.#failedConnections < 2;
	}

	/** @param {RequestFailure} failure */
	#lose(failure) {
		this.#disconnect();
		const delay = Math.min(IDLE_MS, 500 * 2 ** this.#failedReads++) + Math.random() * 500;
		if (failure.isTransient) this.#checkAfter(delay);
		this.#tell(failure.isTransient ? "lost" : "stopped", failure);
	}

	/** @param {Link} link @param {RequestFailure} [problem] */
	#tell(link, problem) {
		if (link === this.link && !problem) return;
		this.link = link;
		this.dispatchEvent(new CustomEvent("link", { detail: { link, problem } }));
	}
}
