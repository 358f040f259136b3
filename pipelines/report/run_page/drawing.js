// Boxes over a photograph, as SVG in the image's own pixels. Right, wrong and missed differ in
// colour, in line and in the mark before the name.

const SVG = "http://www.w3.org/2000/svg";
const MARKS = { right: "", wrong: "× ", missed: "? ", ignored: "(not counted) ", truth: "" };
const TEXT_PX = 12; // on the screen

function svgElement(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** What is drawn of one pipeline: [kind, row] each, the ground truth first and lowest. */
function drawnBoxes(image, pipeline, state) {
  const threshold = state.thresholds[pipeline];
  const truth = state.hidden.has("truth") ? []
    : image.objects.filter((row) => state.classes.has(row[LABEL])).map((row) => ["truth", row]);
  const missed = state.hidden.has("missed") ? []
    : missedObjects(image, pipeline, threshold, state.classes).map((row) => ["missed", row]);
  const found = shownDetections(image, pipeline, threshold, state.classes)
    .map((row) => [OUTCOMES[row[OUTCOME]], row])
    .filter(([kind]) => !state.hidden.has(kind === "ignored" ? "wrong" : kind));
  return [...truth, ...missed, ...found.reverse()];
}

function caption(kind, row, classes) {
  const score = kind === "missed" || kind === "truth" ? "" : ` ${row[SCORE].toFixed(2)}`;
  return `${MARKS[kind]}${classes[row[LABEL]]}${score}`;
}

function drawBoxes(svg, image, pipeline, state, data) {
  svg.setAttribute("viewBox", `0 0 ${image.width} ${image.height}`);
  const pixel = image.width / (svg.clientWidth || image.width); // of the image, for one on screen
  const boxes = document.createDocumentFragment();
  const names = document.createDocumentFragment();
  for (const [kind, row] of drawnBoxes(image, pipeline, state)) {
    const [left, top, right, bottom] = row;
    const place = { x: left, y: top, width: Math.max(right - left, 0), height: Math.max(bottom - top, 0) };
    if (kind !== "truth") boxes.append(svgElement("rect", { ...place, class: "halo" }));
    const box = svgElement("rect", { ...place, class: kind });
    box.append(svgElement("title", {}, caption(kind, row, data.classes)));
    boxes.append(box);
    if (kind === "truth" || state.hidden.has("names")) continue;
    const size = TEXT_PX * pixel;
    const y = top > 1.3 * size ? top - 0.35 * size : Math.min(top + 1.1 * size, image.height - 2);
    const text = caption(kind, row, data.classes);
    const most = image.width - 0.58 * size * text.length; // further right it would not fit
    const x = Math.max(Math.min(left + 2 * pixel, most), 0);
    names.append(svgElement(
      "text", { x, y, class: kind, "font-size": size, "stroke-width": 3 * pixel }, text));
  }
  svg.replaceChildren(boxes, names);
}

/** A row of the table of boxes for every box drawn, and for the objects that are hidden by none. */
function listingRows(image, state, data) {
  const rows = [];
  const edges = (row) => row.slice(0, 4).join(", ");
  for (const row of image.objects) {
    if (!state.classes.has(row[LABEL])) continue;
    rows.push(["ground truth", row[IGNORE] ? "object, ignored" : "object", data.classes[row[LABEL]], "", edges(row)]);
  }
  data.pipelines.forEach((pipeline, place) => {
    const threshold = state.thresholds[place];
    for (const row of shownDetections(image, place, threshold, state.classes)) {
      rows.push([pipeline.name, OUTCOMES[row[OUTCOME]], data.classes[row[LABEL]], row[SCORE].toFixed(4), edges(row)]);
    }
    for (const row of missedObjects(image, place, threshold, state.classes)) {
      rows.push([pipeline.name, "missed", data.classes[row[LABEL]], "", edges(row)]);
    }
  });
  return rows;
}
