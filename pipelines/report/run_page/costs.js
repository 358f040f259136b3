// The table of costs: whose mistakes come to what, by two costs that are typed in.
// Thresholds are the cheapest on the validation split, whose corners the page has; mistakes are
// counted in the matched detections of the test images, which the gallery has.

/** The threshold of the corner that costs least, the highest of equal ones; see costs.py. */
function cheapestThreshold(tradeOffs, miss, alarm) {
  let best = null, least = Infinity;
  for (const [threshold, missed, alarms] of tradeOffs) {
    const cost = miss * missed + alarm * alarms;
    if (cost < least) [best, least] = [threshold, cost];
  }
  return best;
}

/** How many objects are missed and false alarms raised in all images from a score on. */
function countedMistakes(images, pipeline, threshold) {
  let missed = 0, alarms = 0;
  for (const image of images) {
    const found = foundObjects(image, pipeline, threshold);
    missed += image.objects.filter((row, place) => !row[IGNORE] && !found[place]).length;
    alarms += image.detections[pipeline]
      .filter((row) => row[SCORE] >= threshold && OUTCOMES[row[OUTCOME]] === "wrong").length;
  }
  return { missed, alarms };
}

/** One detector's figures for 1,000 images; null for what is not known. */
function costFigures(data, decision, place, costs) {
  const detector = decision.detectors[data.pipelines[place].name];
  if (!detector) return {};
  const threshold = costs ? cheapestThreshold(detector.trade_offs, ...costs) : detector.best_f1;
  const hours = detector.seconds === null ? null : 1000 * detector.seconds / 3600;
  // The faintest detections may not be in the page: what lies below can't be counted here.
  if (threshold < data.pipelines[place].lowest) return { threshold, hours };
  const { missed, alarms } = countedMistakes(data.images, place, threshold);
  const each = 1000 / data.images.length;
  const figures = { threshold, missed: each * missed, false_alarms: each * alarms, hours };
  if (!costs) return figures;
  const timed = decision.second_cost ? decision.second_cost * 3600 * hours : 0;
  if (hours === null && decision.second_cost) return figures;
  return { ...figures, cost: costs[0] * figures.missed + costs[1] * figures.false_alarms + timed };
}

(() => {
  const section = document.getElementById("costs");
  if (!section) return;
  const data = JSON.parse(document.getElementById("gallery-data").textContent);
  const decision = JSON.parse(document.getElementById("decision-data").textContent);
  const fields = [...section.querySelectorAll("input")];
  const forms = {
    threshold: (value) => String(Number(value.toPrecision(3))),
    hours: (value) => value.toFixed(4),
  };
  const text = (value) => value.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

  function show() {
    const given = fields.map((field) => (field.value === "" || !field.validity.valid ? NaN : Number(field.value)));
    const costs = given.every((cost) => Number.isFinite(cost) && cost >= 0) ? given : null;
    section.querySelector(".by").textContent = costs
      ? "cheapest on the validation split by the costs above" : "best for F1 on the validation split";
    data.pipelines.forEach((pipeline, place) => {
      const figures = costFigures(data, decision, place, costs);
      section.querySelectorAll("td").forEach((cell) => {
        if (cell.dataset.name !== pipeline.name) return;
        const value = figures[cell.dataset.row] ?? null;
        cell.textContent = value === null ? "–" : (forms[cell.dataset.row] ?? text)(value);
        cell.dataset.value = value === null ? "" : value;
      });
    });
  }

  if (!data.images.length) return;
  section.querySelector(".fields").hidden = false;
  fields.forEach((field) => field.addEventListener("input", show));
})();
