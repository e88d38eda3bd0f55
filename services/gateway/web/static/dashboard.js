/** The grading dashboard: wires its parts. One connection carries the news of every export of the page. */
import { onChoice } from "./menu.js";
import { feed, follow } from "./my-exports.js";
import { choose } from "./options.js";
import { exporter } from "./page.js";
import { filter, rows, sort } from "./table.js";

exporter.feed = feed;
exporter.students = new Map(rows.map(({ row, name }) => [row.dataset.submission, name]));
onChoice(choose);
sort("name", 1);
filter();
follow();
