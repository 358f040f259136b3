// What is right, wrong and missed in an image from a score on, and in which order images stand.
// Each detection carries its outcome, each object the score it was found at: see gallery.py.

const LABEL = 4, IGNORE = 5; // places in an object's row
const SCORE = 5, OUTCOME = 6; // and in a detection's
const OUTCOMES = ["wrong", "right", "ignored"];

/** Whether each object is found by a detection from the threshold on. */
function foundObjects(image, pipeline, threshold) {
  return image.found_at[pipeline].map((score) => score !== null && score >= threshold);
}

/** What is counted at one pipeline's threshold, of the chosen classes, as [kind, row] each. */
function judgedBoxes(image, pipeline, state) {
  const threshold = state.thresholds[pipeline], found = foundObjects(image, pipeline, threshold);
  return [
    image.detections[pipeline] // best first
      .filter((row) => row[SCORE] >= threshold && state.classes.has(row[LABEL]))
      .map((row) => [OUTCOMES[row[OUTCOME]], row]),
    image.objects // that should have been found and were not
      .filter((row, place) => !row[IGNORE] && state.classes.has(row[LABEL]) && !found[place])
      .map((row) => ["missed", row]),
  ];
}

function tally(image, pipeline, state) {
  const counts = { right: 0, wrong: 0, ignored: 0, missed: 0 };
  for (const [kind] of judgedBoxes(image, pipeline, state).flat()) counts[kind] += 1;
  return counts;
}

function mistakes(image, pipeline, state) {
  const counts = tally(image, pipeline, state);
  return counts.wrong + counts.missed;
}

/** Objects that some find and others do not, and by how many their wrong detections differ. */
function disagreement(image, state) {
  const found = state.thresholds.map((threshold, place) => foundObjects(image, place, threshold));
  const disputed = image.objects.filter((row, place) => {
    const finders = found.filter((flags) => flags[place]).length;
    return !row[IGNORE] && state.classes.has(row[LABEL]) && finders > 0 && finders < found.length;
  });
  const wrong = state.thresholds.map((_, place) => tally(image, place, state).wrong);
  return disputed.length + Math.max(...wrong) - Math.min(...wrong);
}

/** Places of the slice's images in the order asked for; equal ones stay as they are in the set. */
function ordered({ images, pipelines, slices }, state) {
  const chosen = new Map(slices).get(state.slice);
  const places = chosen ? [...chosen] : images.map((_, place) => place);
  if (state.order === "name") return places;
  const worst = pipelines.findIndex((pipeline) => state.order === `worst-${pipeline.name}`);
  const badness = images.map(
    (image) => (worst < 0 ? disagreement(image, state) : mistakes(image, worst, state)));
  return places.sort((one, other) => badness[other] - badness[one] || one - other);
}

/** The view in words for an address, with only what differs from the first view. */
function toHash(state, data) {
  const view = new URLSearchParams();
  view.set("image", data.images[state.at].name);
  data.pipelines.forEach((pipeline, place) => {
    const threshold = state.thresholds[place];
    if (threshold !== pipeline.threshold) view.set(`from.${pipeline.name}`, threshold);
  });
  if (state.order !== "name") view.set("order", state.order);
  if (state.slice) view.set("slice", state.slice);
  if (state.hidden.size) view.set("hide", [...state.hidden].sort().join("."));
  if (state.classes.size < data.classes.length) view.set("classes", [...state.classes].sort((a, b) => a - b).join("."));
  return `#gallery?${view}`;
}

/** The state an address asks for; what it lacks or has wrong is as at first. */
function fromHash(hash, data) {
  const view = new URLSearchParams(hash.startsWith("#gallery?") ? hash.slice(9) : "");
  const at = data.images.findIndex((image) => image.name === view.get("image"));
  const listed = view.get("classes");
  const chosen = listed === null ? null : listed.split(".").filter(Boolean).map(Number);
  const orders = ["name", "disagree", ...data.pipelines.map((pipeline) => `worst-${pipeline.name}`)];
  return {
    at: Math.max(at, 0),
    thresholds: data.pipelines.map((pipeline) => {
      const asked = parseFloat(view.get(`from.${pipeline.name}`) ?? "");
      return Number.isFinite(asked) ? asked : pipeline.threshold;
    }),
    order: orders.includes(view.get("order")) ? view.get("order") : "name",
    slice: new Map(data.slices).has(view.get("slice")) ? view.get("slice") : "",
    hidden: new Set((view.get("hide") || "").split(".").filter(Boolean)),
    classes: new Set(data.classes.map((_, label) => label)
      .filter((label) => chosen === null || chosen.includes(label))),
  };
}
