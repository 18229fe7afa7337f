// The telephone on the page: shows the picture that the simulator sends, and passes clicks on.

import { showBoard } from "./lab_board.js";
import { Ear } from "./lab_ear.js";
import { Microphone } from "./lab_microphone.js";
import { Tones } from "./lab_tones.js";
import { dialable, showLists, spaced } from "./lab_lists.js";

const $ = (id) => document.getElementById(id);
const root = document.body.dataset.root;
const tones = new Tones();
const settings = restoreSettings();
const ENDINGS = {
  completed: "The call is over", busy: "The line was busy", "no-answer": "Nobody answered",
  failed: "The call failed", canceled: "The caller gave up",
};

let number = "";
let stream = null;
let picture = null;
let clockAhead = 0; // how far the simulator's clock is ahead of the browser's, in seconds
let speechId = 0;

const phone = (path) => `${root}phones/${encodeURIComponent(number)}/${path}`;
const post = (path, fields = {}) => fetch(phone(path), {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(fields),
});
const now = () => Date.now() / 1000 + clockAhead;

const microphone = new Microphone({
  send: (window, piece, pcm) => fetch(phone(`speech/${window}/${piece}`), {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream", "X-Microphone": microphone.name },
    body: pcm.buffer,
  }),
  onLevel: (level) => {
    $("meter").style.setProperty("--level", level.toFixed(2));
    $("meter").setAttribute("aria-valuenow", Math.round(level * 100));
  },
  onProblem: (words) => {
    complain("microphone-problem", words);
    if (words) document.querySelector(".sample").open = true;
  },
});

const ear = new Ear({
  tones,
  settings,
  address: (id) => phone(`sounds/${id}`),
  onCaption: (words, language) => { setText("caption", words); $("caption").lang = language || "en"; },
  onVoiceMissing: (language) => complain("voice-note", language
    ? `This browser has no voice for ${language}; the words are shown at speaking speed.` : ""),
  onHeard: (id) => post("heard", { sound: id }),
});

// The number and its stream.

function take(newNumber) {
  const plain = dialable(newNumber);
  if (!/^\+[1-9]\d{6,14}$/.test(plain)) {
    complain("number-problem", "A number starts with + and the country, such as +46 70 174 06 05.");
    return;
  }
  complain("number-problem", "");
  if (plain !== number) {
    number = plain;
    picture = null;
    ear.forget();
    history.replaceState(null, "", `?number=${encodeURIComponent(number)}`);
    listen();
  }
  $("number").value = spaced(number);
}

function listen() {
  stream?.close();
  stream = new EventSource(phone("events"));
  stream.onopen = () => { document.body.dataset.link = "up"; };
  stream.onmessage = (message) => {
    const next = JSON.parse(message.data);
    clockAhead = next.now - Date.now() / 1000;
    show(next);
  };
  stream.onerror = () => {
    document.body.dataset.link = "down";
    $("status").textContent = "The simulator does not answer. Trying again …";
    // A refused stream is not tried again by the browser itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 1500);
  };
}

// The picture.

function show(next) {
  const before = picture;
  picture = next;
  const { state } = next;
  document.body.dataset.link = "up";
  document.body.dataset.state = state;
  document.body.dataset.direction = next.outgoing ? "out" : "in";
  const live = state === "in-call" || state === "recording";
  document.title = state === "ringing" && !next.outgoing
    ? `Ringing: ${spaced(next.other)}` : "Phone lab · Genklang simulator";
  setText("status", statusOf(next));
  setText("other", state === "idle" ? spaced(number) : spaced(next.other));
  tones.ring(state === "ringing" ? (next.outgoing ? "out" : "in") : null);
  ear.hear(next);
  showTurn(next);
  showSpeech(next);
  if (!live) setText("caption", "");
  if (!live) setText("keys-pressed", "");
  if (state === "ended" || state === "idle") microphone.close();
  // Who missed a call or broke it off is most likely to ring the same number back.
  if (state === "ringing" && !next.outgoing && before?.state !== "ringing") $("to").value = next.other;
  // STOP is for whoever texted last too, but not for one that texts while another is being answered.
  const text = lastReceived(next);
  if (text && text.sid !== lastReceived(before)?.sid && !$("sms-body").value) choose("sms-to", text.other);
  showElapsed();
  showLists(next, before);
}

function statusOf({ state, outgoing, ending, seconds }) {
  if (state === "idle") return "Ready. Waiting for a call";
  if (state === "ringing") return outgoing ? "Calling …" : "Incoming call";
  if (state === "recording") return "Speak after the tone";
  if (state === "ended") return seconds ? `${ENDINGS[ending] ?? "The call is over"} after ${clock(seconds)}` : ENDINGS[ending] ?? "The call is over";
  return "In call";
}

function showElapsed() {
  const live = picture && picture.since && ["in-call", "recording"].includes(picture.state);
  setText("elapsed", live ? clock(now() - picture.since) : "");
  if (picture?.speech) {
    const { since, longest_seconds: longest } = picture.speech;
    setText("recording-time", `${clock(now() - since)} of ${clock(longest)}`);
  }
  if (picture?.keys) {
    const left = Math.max(0, picture.keys.until - now());
    $("turn-bar").style.transform = `scaleX(${Math.min(1, left / turnSeconds)})`;
  }
}

let turnSeconds = 5;

function showTurn({ keys, sound }) {
  const keysMayStop = sound?.interruptible;
  $("turn").hidden = !keys && !keysMayStop;
  $("turn-bar").parentElement.hidden = !keys;
  if (keys && Number($("turn").dataset.window) !== keys.id) {
    $("turn").dataset.window = keys.id;
    turnSeconds = Math.max(1, keys.until - now());
  }
  setText("turn-text", keys ? "Your turn: press a key" : keysMayStop ? "You may press a key at any time" : "");
}

// What is said.

function showSpeech({ speech }) {
  $("recording-indicator").hidden = !speech;
  if (!speech) {
    if (speechId) microphone.stop();
    speechId = 0;
    return;
  }
  if (speech.id === speechId) return;
  speechId = speech.id;
  setText("caption", "");
  setText("keys-pressed", "");
  microphone.start(speech.id, speech.received);
  microphone.open();
}

// What one does.

async function press(key) {
  tones.wake();
  tones.key(key);
  const button = document.querySelector(`[data-key="${key}"]`);
  button?.classList.add("down");
  setTimeout(() => button?.classList.remove("down"), 140);
  if (!["in-call", "recording"].includes(picture?.state)) return;
  setText("keys-pressed", ($("keys-pressed").textContent + key).slice(-12));
  // The prompt falls silent at once, before the simulator has said so.
  if (picture.sound?.interruptible) ear.hush();
  // What comes after the key that ends a recording is not part of it.
  if (picture.speech?.finish_keys.includes(key)) await microphone.finish();
  await post("key", { key });
}

async function hangUp() {
  ear.hush();
  await microphone.finish();
  await post("hangup");
}

function bind() {
  $("answer").onclick = () => { tones.wake(); microphone.open(); post("answer"); };
  $("decline").onclick = () => post("decline");
  $("hangup").onclick = hangUp;
  $("close").onclick = () => post("close");
  $("number").onchange = (event) => take(event.target.value);
  $("dial").onsubmit = async (event) => {
    event.preventDefault();
    tones.wake();
    microphone.open();
    const answer = await post("call", { to: $("to").value, withheld: $("withhold").checked });
    if (!answer.ok) setText("status", await problemOf(answer));
  };
  $("say-sample").onclick = () => {
    if (!speechId) return;
    microphone.stop();
    post(`speech/${speechId}/sample`, { sample: $("sample").value });
  };
  $("sms").onsubmit = sendText;
  for (const button of document.querySelectorAll("[data-key]")) {
    button.onclick = () => press(button.dataset.key);
  }
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    if (/^[0-9*#]$/.test(event.key)) { event.preventDefault(); press(event.key); }
  });
  document.addEventListener("pointerdown", () => tones.wake());
  bindSettings();
}

async function sendText(event) {
  event.preventDefault();
  const answer = await post("text", { to: $("sms-to").value, body: $("sms-body").value });
  complain("sms-problem", answer.ok ? "" : await problemOf(answer));
  if (answer.ok) $("sms-body").value = "";
}

async function problemOf(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return "The simulator could not do that.";
  }
}

// Settings, kept in this browser.

function restoreSettings() {
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem("phone-lab") ?? "{}"); } catch { /* begin anew */ }
  const asked = new URLSearchParams(location.search);
  return { aloud: true, sounds: true, ...kept, pace: Number(asked.get("pace") ?? kept.pace ?? 1) || 1 };
}

function bindSettings() {
  const keep = () => { try { localStorage.setItem("phone-lab", JSON.stringify(settings)); } catch { /* private window */ } };
  $("aloud").checked = settings.aloud;
  $("sounds").checked = tones.on = settings.sounds;
  $("pace").value = String(settings.pace);
  if (!$("pace").value) $("pace").value = "1";
  $("aloud").onchange = (event) => { settings.aloud = event.target.checked; keep(); };
  $("sounds").onchange = (event) => { settings.sounds = tones.on = event.target.checked; keep(); };
  $("pace").onchange = (event) => { settings.pace = Number(event.target.value); keep(); };
}

// Small things.

function lastReceived(shown) {
  return shown?.texts.findLast((text) => !text.outgoing);
}

function choose(id, wanted) {
  if ([...$(id).options].some((option) => option.value === wanted)) $(id).value = wanted;
}

function setText(id, text) {
  // Untouched when it is the same, or a screen reader would say it again.
  if ($(id).textContent !== text) $(id).textContent = text;
}

function complain(id, words) {
  $(id).hidden = !words;
  setText(id, words);
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

async function fillNumbers() {
  try {
    const numbers = await (await fetch(`${root}numbers`)).json();
    const options = numbers.map(({ number: each, name }) => {
      const option = new Option(name && name !== each ? `${name} · ${spaced(each)}` : spaced(each), each);
      return option;
    });
    for (const id of ["to", "sms-to"]) {
      const chosen = $(id).value || (id === "sms-to" ? lastReceived(picture)?.other : "");
      $(id).replaceChildren(...options.map((option) => option.cloneNode(true)));
      choose(id, chosen);
      $(id).disabled = !options.length;
    }
    $("place-call").disabled = !options.length;
    if (!options.length) $("to").append(new Option("The service has no number yet", ""));
  } catch {
    // The status line already says that the simulator does not answer.
  }
}

bind();
take(new URLSearchParams(location.search).get("number") ?? $("number").value);
fillNumbers();
setInterval(showElapsed, 250);
setInterval(() => { if (!document.hidden) fillNumbers(); }, 15000);
showBoard(root);
