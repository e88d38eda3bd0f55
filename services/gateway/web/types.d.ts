/** Types that the browser modules share; `contracts/http.d.ts` has the bodies of the HTTP interface. */

/** What the server says of an export; without an id until it has accepted it. */
type ExportState = Http.Status & Partial<Http.Listed>;
type AcceptedExport = ExportState & { jobId: string };

/** Two equal requests are the same export while it runs. */
interface ExportRequest {
	examId: string;
	format: Http.Format;
	/** Empty for all classes. */
	classIds: string[];
	/** Those that differ from the usual ones. */
	options: Partial<Http.ReportOptions>;
}

type StorageName = "localStorage" | "sessionStorage";

/** What a caller may leave out of a request. `needs`: a member without which an answer is none. */
type RequestOptions = { lang?: string; body?: object; headers?: Record<string, string>; needs?: string };

/**
 * Why a request failed. `network`: no answer, or not a whole one. `session`: signed out. `gone`: not found. `expired`:
 * the file's time is over. `reload`: the page's CSRF token is too old. `server`: may pass. `refused`: would be refused
 * again.
 */
type FailureKind = "network" | "session" | "gone" | "expired" | "reload" | "server" | "refused";
type RequestFailure = import("./static/correcta-export/client.js").RequestFailure;

/** A request that failed, and the same request again. */
type Trouble = { failure: RequestFailure; retry: () => void };

/** `live`: states arrive. `lost`: it will be tried again. `stopped`: it will not, until the page wakes up. */
type Link = "live" | "lost" | "stopped";

/** The details of a stream's events. */
interface StreamEvents {
	export: AcceptedExport;
	link: { link: Link; problem?: RequestFailure };
}

/**
 * What a tab tells the others: a state; the exam it looks at, with the question for all states (a new tab's); that its
 * connection changed; that its connection lives.
 */
type TabMessage = AcceptedExport | { exam: string } | null | "alive";

type Listener<Name extends keyof StreamEvents> = (detail: StreamEvents[Name]) => void;

/** What the server told of an export that runs, and when, in milliseconds. */
interface Forecast {
	/** To its end. */
	seconds: number;
	at: number;
}

/** What a reader can do in the dialog; the component does it. */
interface Actions {
	readonly isRunning: boolean;
	open(): void;
	close(): void;
	cancel(): void;
	download(event: Event): void;
	/** The same export once more. */
	restart(): void;
	signIn(): void;
}

/** One view of the dialog; the last button is the likeliest. */
type View = { body: Node[]; buttons: HTMLElement[]; announcement?: string };

/** Everything that the dialog shows. */
interface Shown {
	words: Words;
	state: ExportState;
	percent: number;
	trouble: Trouble | null;
	/** Whether the connection is. */
	isLost: boolean;
	/** Whether a running export shows in the corner instead. */
	inBackground: boolean;
	/** Names by submission id. */
	students: Map<string, string>;
}

/** A sentence for each of these names, and perhaps none for one that a newer server knows. */
type Sentences<Name extends string> = Record<Name, string> & { [other: string]: string | undefined };

type Filling = (text: string) => (...values: (string | number)[]) => string;
type Counting = (forms: { one: string; other: string }) => (count: number) => string;

/** A language's file of sentences. `{}` stands for a value. */
type Texts = typeof import("./static/correcta-export/fr.json");
/** Every sentence that the browser modules show, in one language. */
interface Words {
	language: Http.Language;
	/** How dates are written. */
	dateLocale: string;
	/** Bytes and their multiples of 1024. */
	sizeUnits: string[];
	formats: Sentences<Http.Format>;
	/** Below the formats in the dashboard's menu. */
	formatNotes: Sentences<Http.Format>;
	phases: Sentences<Http.Phase>;
	/** The phase `generating` of any other format than PDF. */
	generatingFile: string;
	/** By a view's kind. */
	titles: Sentences<"active" | "completed" | "failed" | "cancelled" | "expired" | "network" | "session">;
	explanations: Sentences<"network" | "session" | "expired">;
	unexpectedError: string;
	reconnecting: string;
	laterAttempt(attempt: number): string;
	copies(count: number): string;
	copiesDone(processed: number, total: number): string;
	copiesExported(count: number): string;
	pages(count: number): string;
	warnings(count: number): string;
	/** A student whose name is unknown. */
	copyOf(submissionId: string): string;
	wholeExport: string;
	/** Who asked for an export, beside its state. */
	requestedBy(name: string): string;
	/** Somebody whose name is unknown. */
	somebodyElse: string;
	/** Before another export of an exam: who exports it already, and as what. */
	alreadyRunning(name: string, format: string): string;
	errorCode(code: string): string;
	checksum: string;
	queuePosition(place: number): string;
	timeLeft(duration: string): string;
	availableFor(duration: string): string;
	/** Buttons of the dialog. */
	buttons: Record<
		"cancel" | "background" | "download" | "close" | "retry" | "restart" | "signIn" | "reload",
		string
	>;
	/** Buttons of the list of exports. */
	listButtons: Record<"restart" | "details" | "show" | "cancel" | "download", string>;
	/** A name and what it is about. */
	labelled(name: string, subject: string): string;
}

/** A student's row in the grading table. */
interface Row {
	node: HTMLTableRowElement;
	name: string;
	searchText: string;
	classIds: Set<string>;
	state: string;
	submissionId: string;
	/** What decides where it stands when the rows are in the order of a column; null stays last. */
	order: Record<Column, number | string | null>;
}
/** Of a class: its numbers as they are written, and how many marks each bar of the histogram holds. */
type Statistics = { bars: number[] } & Record<string, string>;

type Column = "name" | "class" | "state" | "mark" | "when";
