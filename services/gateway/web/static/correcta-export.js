/** The web component <correcta-export>, and what a page with a list of exports shares with it. */
export { call } from "./correcta-export/client.js";
export { CorrectaExport } from "./correcta-export/component.js";
export { Stream } from "./correcta-export/stream.js";
