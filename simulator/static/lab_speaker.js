// Reads aloud what the service says, sentence by sentence; without a voice the words are shown at
// the speed at which one would speak them.

const CHARACTERS_PER_SECOND = 15;

export function sentencesOf(text) {
  return text.split(/(?<=[.!?…])\s+/).filter((sentence) => sentence.trim());
}

export function voiceFor(language) {
  if (!("speechSynthesis" in window)) return null;
  const wanted = language.toLowerCase();
  const short = wanted.split("-")[0];
  // Norwegian voices call themselves no or nb.
  const also = { nb: ["nb", "no"], no: ["no", "nb"] }[short] ?? [short];
  const voices = speechSynthesis.getVoices();
  return voices.find((voice) => voice.lang.toLowerCase().replace("_", "-") === wanted)
    ?? voices.find((voice) => also.includes(voice.lang.toLowerCase().split(/[-_]/)[0]))
    ?? null;
}

// Says the text; `onSentence(words)` as each begins, `onDone()` after the last. Returns how to stop.
export function say(text, language, { aloud, pace, onSentence, onDone }) {
  const sentences = sentencesOf(text);
  const voice = aloud ? voiceFor(language) : null;
  let stopped = false;
  let timer = null;

  const next = (n) => {
    if (stopped) return;
    if (n >= sentences.length) { onDone(); return; }
    const words = sentences[n];
    onSentence(words);
    const seconds = Math.max(0.6, words.length / CHARACTERS_PER_SECOND) / pace;
    let gone = false;
    const on = () => { if (!gone) { gone = true; clearTimeout(timer); next(n + 1); } };
    if (!voice) { timer = setTimeout(on, seconds * 1000); return; }
    const spoken = new SpeechSynthesisUtterance(words);
    spoken.voice = voice;
    spoken.lang = voice.lang;
    spoken.rate = Math.min(2, pace);
    spoken.onend = on;
    spoken.onerror = on;
    // Some browsers forget to say that they have finished.
    timer = setTimeout(on, (seconds * 2.5 + 2) * 1000);
    speechSynthesis.speak(spoken);
  };

  next(0);
  return () => {
    stopped = true;
    clearTimeout(timer);
    if ("speechSynthesis" in window) speechSynthesis.cancel();
  };
}
