/** The grading page: wires its parts. One connection carries the states of every export. */
import "./correcta-export.js";
import { onChoice } from "./dashboard/menu.js";
import { colleaguesExports, feed, followExports } from "./dashboard/my-exports.js";
import { openOptions } from "./dashboard/options.js";
import { exporter } from "./dashboard/page.js";
import { filterRows, rows, sortRows } from "./dashboard/table.js";

exporter.feed = feed;
exporter.students = new Map(rows.map(({ submissionId, name }) => [submissionId, name]));
onChoice((format) => openOptions(format, colleaguesExports()));
sortRows("name", 1);
filterRows();
followExports();
