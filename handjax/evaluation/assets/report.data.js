"use strict";
// What was measured, and what is being looked at.

window.addEventListener("error", (event) => {
  const problem = document.getElementById("problem");
  problem.textContent = `This page could not be drawn in full: ${event.message}`;
  problem.hidden = false;
});

const page = JSON.parse(document.getElementById("data").textContent);
const ALL = page.methods.map((_, method) => method);

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}

/** Errors of a method's frames in mm, NaN where unknown. */
function frameErrors(text) {
  return Float64Array.from(new Uint16Array(bytes(text)), (step) =>
    step === 65535 ? NaN : step * page.fine);
}

/** The largest error that a frame can be stored with; it may have been larger. */
const BEYOND = 65534 * page.fine;

const ERRORS = page.methods.map((method) => ({
  mean: frameErrors(method.frame_mean),
  worst: frameErrors(method.frame_worst),
}));

const POSES = page.poses && {
  frames: new Uint32Array(bytes(page.poses.frames)),
  methods: page.poses.methods,
  values: new Int16Array(bytes(page.poses.values)),
};
const PLACE_OF_POSE = new Map(
  POSES ? Array.from(POSES.frames, (frame, place) => [frame, place]) : []);

/** One hand of a stored frame: set 0 is the truth, then the methods. */
function storedJoints(place, set) {
  const joints = page.joints.length;
  const start = (place * (1 + POSES.methods.length) + set) * joints * 3;
  return page.joints.map((_, joint) => {
    const at = start + 3 * joint;
    const steps = Array.from(POSES.values.subarray(at, at + 3));
    return steps.includes(-32768) ? null : steps.map((step) => step * page.coarse);
  });
}

/** A hand from an example, with null for a joint that is not fully known. */
function givenJoints(joints) {
  return joints && joints.map((joint) => (joint.includes(null) ? null : joint));
}

/** Truth and predictions of a frame, or null where the page holds none. */
function handsOf(frame) {
  const example = page.examples.find((one) => one.frame === frame);
  if (example) {
    return {
      truth: givenJoints(example.truth),
      predicted: example.predicted.map(givenJoints),
    };
  }
  if (!PLACE_OF_POSE.has(frame)) return null;
  const place = PLACE_OF_POSE.get(frame);
  return {
    truth: storedJoints(place, 0),
    predicted: ALL.map((method) => {
      const set = POSES.methods.indexOf(method);
      return set < 0 ? null : storedJoints(place, set + 1);
    }),
  };
}

function nameOf(frame) {
  const example = page.examples.find((one) => one.frame === frame);
  return page.names[frame] || (example && example.name) || `frame ${frame + 1}`;
}

/** What is being looked at; `change` tells whoever draws it. */
const state = {
  hidden: new Set(),
  raised: null,
  threshold: Math.min(30, page.step * (page.methods[0].pck.length - 1)),
  sortedBy: 0,
  measure: "mean",
  frame: page.examples.length ? page.examples[0].frame : 0,
  inSpace: new Set([0]),
};
const listeners = [];

function watch(names, draw) {
  listeners.push({ names, draw });
  draw();
}

function change(part) {
  Object.assign(state, part);
  for (const { names, draw } of listeners) {
    if (names.some((name) => name in part)) draw();
  }
}

/** The set with a member more or less. */
function toggled(set, member) {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}

function shown() {
  return ALL.filter((method) => !state.hidden.has(method));
}
