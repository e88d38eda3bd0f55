/** Bodies of the HTTP interface. Written from contracts/openapi.json by `make schemas`. */
declare namespace Http {
	type Accepted = {
		jobId: string;
		status: ExportStatus;
	};
	type Audience = "student" | "teacher" | "jury" | "anonymous";
	type CloudEvent = {
		specversion: string;
		id: string;
		source: string;
		type: string;
		time: string;
		subject: string;
		datacontenttype: string;
		dataschema: string;
		partitionkey: string;
		sequence: string;
		data: Record<string, JsonValue>;
	};
	type Described = {
		jobId: string;
		examId: string;
		format: Format;
		position: number;
		requestedAt: string;
		status: ExportStatus;
		progress: number;
		phase: Phase | string;
		processed: number;
		total: number;
		attempt: number;
		result?: Result | null;
		error?: string | null;
		errorCode?: string | null;
		queuePosition?: number | null;
		etaSeconds?: number | null;
		own?: boolean;
	};
	type Events = {
		events: Array<CloudEvent>;
		next: string;
		more: boolean;
	};
	type ExportForecast = {
		jobId: string;
		queuePosition?: number | null;
		etaSeconds?: number | null;
	};
	type ExportRequest = {
		classIds?: Array<string> | null;
		options?: ReportOptions | null;
	};
	type ExportStatus = "queued" | "active" | "completed" | "failed" | "cancelled" | "expired";
	type Exports = {
		jobs: Array<Listed>;
	};
	type Forecasts = {
		jobs: Array<ExportForecast>;
	};
	type Format = "pdf" | "zip" | "csv" | "xlsx";
	type Health = {
		status: "alive" | "ready" | "degraded" | "unavailable" | "stopping";
		checks?: Record<string, string> | null;
	};
	type JsonValue = unknown;
	type Language = "fr" | "en";
	type Listed = {
		jobId: string;
		examId: string;
		format: Format;
		position: number;
		requestedAt: string;
		status: ExportStatus;
		progress: number;
		phase: Phase | string;
		processed: number;
		total: number;
		attempt: number;
		result?: Result | null;
		error?: string | null;
		errorCode?: string | null;
		queuePosition?: number | null;
		etaSeconds?: number | null;
		own?: boolean;
		options: ReportOptions;
		classIds: Array<string>;
		examTitle: string | null;
		requestedByName?: string | null;
	};
	type Order = "name" | "class" | "score";
	type Phase = "queued" | "loading" | "processing" | "generating" | "saving" | "complete";
	type Problem = {
		type?: string;
		title: string;
		status: number;
		code: string;
		detail: string;
		error: string;
	};
	type ReportOptions = {
		audience?: Audience;
		statements?: boolean;
		statistics?: boolean;
		comments?: boolean;
		duplex?: boolean;
		compact?: boolean;
		order?: Order;
		language?: Language;
	};
	type Result = {
		filename: string;
		size: number;
		sha256: string;
		attemptCount: number;
		pages: number;
		downloadUrl: string;
		expiresAt: string | null;
		warnings: Array<Warning>;
	};
	type Status = {
		status: ExportStatus;
		progress: number;
		phase: Phase | string;
		processed: number;
		total: number;
		attempt: number;
		result?: Result | null;
		error?: string | null;
		errorCode?: string | null;
		queuePosition?: number | null;
		etaSeconds?: number | null;
	};
	type Warning = {
		code: WarningCode | string;
		submissionId?: string | null;
		message: string;
	};
	type WarningCode = "formula_not_drawn" | "formula_approximate" | "formula_too_long" | "image_unavailable" | "image_refused" | "graph_incomplete" | "table_truncated" | "content_truncated" | "character_replaced" | "copy_not_rendered" | "duplicate_copy" | "mark_unreadable" | "warnings_truncated";
}
