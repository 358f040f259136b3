// What a person has decided: by a suspicion's id, "accepted" or "rejected". No part of the page is
// touched here.

const MOST_FILE_BYTES = 16 * 2 ** 20; // as scripts/audit_labels.py reads
const VERDICTS = ["accepted", "rejected"];

/** Places of the suspicions that a filter lets through; they stay in their order. */
function filtered(data, decisions, filter) {
  const label = filter.label === "" ? null : Number(filter.label);
  return [...data.suspicions.keys()].filter((place) => {
    const each = data.suspicions[place], decided = decisions.get(each.id) ?? "undecided";
    return (filter.kind === "" || each.kind === filter.kind)
      && (label === null || each.labels.includes(label))
      && (filter.decided === "" || decided === filter.decided);
  });
}

/** The next undecided one behind a place, from the first on again after the last; -1 for none. */
function nextUndecided(places, data, decisions, at) {
  const open = places.filter((place) => !decisions.has(data.suspicions[place].id) && place !== at);
  return open.find((place) => place > at) ?? open[0] ?? -1;
}

function count(data, decisions, verdict) {
  return data.suspicions.filter((each) => decisions.get(each.id) === verdict).length;
}

/** The decisions as decisions.json has them, in the order of the suspicions. */
function asFile(data, decisions) {
  const ids = (verdict) => data.suspicions
    .map((each) => each.id).filter((id) => decisions.get(id) === verdict);
  return JSON.stringify({
    split_sha256: data.split_sha256,
    accepted: ids("accepted"),
    rejected: ids("rejected"),
    schema_version: data.schema_version,
  }, null, 2);
}

/** Decisions out of such a file, and how many are of none of these; throws a sentence. */
function fromFile(data, text) {
  let file = null;
  try { file = JSON.parse(text); } catch { /* said below */ }
  const lists = VERDICTS.map((verdict) => file?.[verdict] ?? []);
  if (typeof file?.split_sha256 !== "string" || !lists.every(Array.isArray)) {
    throw new Error("this is no file of decisions");
  }
  if (file.split_sha256 !== data.split_sha256) throw new Error("these are of another set of labels");
  const known = new Set(data.suspicions.map((each) => each.id)), decisions = new Map();
  VERDICTS.forEach((verdict, place) => lists[place]
    .filter((id) => known.has(id)).forEach((id) => decisions.set(id, verdict)));
  return { decisions, others: lists.flat().filter((id) => !known.has(id)).length };
}

/** What the browser keeps between two openings of the page; nothing where it keeps nothing. */
const kept = {
  key: (data) => `decisions on labels ${data.split_sha256}`,
  read(data) {
    try { return fromFile(data, localStorage.getItem(kept.key(data)) ?? "").decisions; } catch { return new Map(); }
  },
  write(data, decisions) {
    try { localStorage.setItem(kept.key(data), asFile(data, decisions)); return true; } catch { return false; }
  },
};
