// The lists beside the telephone: what is said, text messages, calls that were.

const $ = (id) => document.getElementById(id);

// How people in each country write their numbers: +46 70 174 06 05, +46 8 465 004 00.
const SHAPES = [
  /^(\+46)(8)(\d{3})(\d{3})(\d{2})$/,
  /^(\+46)(\d{2})(\d{3})(\d{2})(\d{2})$/,
  /^(\+47)(\d{3})(\d{2})(\d{3})$/,
  /^(\+45)(\d{2})(\d{2})(\d{2})(\d{2})$/,
  /^(\+358)(\d{2})(\d{3})(\d{4})$/,
];

export function spaced(number) {
  for (const shape of SHAPES) {
    const parts = shape.exec(number);
    if (parts) return parts.slice(1).join(" ");
  }
  return number;
}

// What somebody typed, as a number one can dial: +46 70-174 06 05 and 0046 70… are the same.
export function dialable(typed) {
  return typed.replace(/[\s()./-]/g, "").replace(/^00/, "+");
}

export function showLists(next, before) {
  if (!before || next.transcript !== before.transcript) showTranscript(next.transcript);
  if (changed(next.texts, before?.texts)) showTexts(next.texts);
  if (changed(next.log, before?.log)) showLog(next.log);
}

function changed(a, b) {
  return JSON.stringify(a) !== JSON.stringify(b);
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function showTranscript(lines) {
  const list = $("transcript");
  $("transcript-empty").hidden = lines.length > 0;
  // Lines only ever grow at the end, but the last may get another key.
  lines.forEach((line, n) => {
    const item = list.children[n] ?? list.appendChild(element("li"));
    const text = line.kind === "keys" ? [...line.text].join(" ") : line.text;
    if (item.textContent !== text || item.className !== line.kind) {
      item.className = line.kind;
      item.lang = line.language || "en";
      item.textContent = text;
    }
  });
  while (list.children.length > lines.length) list.lastChild.remove();
  list.scrollTop = list.scrollHeight;
}

function showTexts(texts) {
  $("texts-empty").hidden = texts.length > 0;
  $("texts").replaceChildren(...texts.map((text) => {
    const item = element("li", text.outgoing ? "out" : "in");
    item.append(...withLinks(text.body));
    const heading = [spaced(text.other), time(text.at)].filter(Boolean).join(" · ");
    item.append(element("small", "", heading));
    return item;
  }));
  $("texts").scrollTop = $("texts").scrollHeight;
}

function withLinks(body) {
  return body.split(/(https?:\/\/\S+[^\s.,;:!?)])/).map((part, n) => {
    if (n % 2 === 0) return document.createTextNode(part);
    const link = element("a", "", part);
    link.href = part;
    link.target = "_blank";
    link.rel = "noreferrer";
    return link;
  });
}

const ENDINGS = {
  completed: "", busy: "busy", "no-answer": "no answer", failed: "failed", canceled: "cancelled",
};

function showLog(log) {
  $("log-empty").hidden = log.length > 0;
  $("log").replaceChildren(...log.map((call) => {
    const item = element("li");
    item.append(
      element("span", "who", call.outgoing ? "To" : "From"),
      element("span", "with", spaced(call.other)),
      element("span", "end", [time(call.at), ENDINGS[call.ending] ?? call.ending, call.seconds ? `${call.seconds} s` : ""].filter(Boolean).join(" · ")),
    );
    return item;
  }));
}

function time(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}
