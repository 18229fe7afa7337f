// What reaches the ear: words, files, tones. Each sound is begun once and reported when it was heard.

import { say, voiceFor } from "./lab_speaker.js";

export class Ear {
  // `address(id)` is where the file of a sound lies; `onHeard(id)` tells that it was heard.
  constructor({ tones, settings, address, onCaption, onVoiceMissing, onHeard }) {
    Object.assign(this, { tones, settings, address, onCaption, onVoiceMissing, onHeard });
    this.id = 0;
    this.call = null;
    this.stop = () => {};
  }

  // Begins the sound of the picture, unless it has begun already; without one all is quiet.
  hear({ sound, call }) {
    const id = sound?.id ?? 0;
    if (id === this.id && call === this.call) return;
    this.hush();
    this.id = id;
    this.call = call;
    if (sound) this.begin(sound);
  }

  // Silent from now on, and the same sound does not begin again.
  hush() {
    this.stop();
    this.stop = () => {};
  }

  forget() {
    this.hush();
    this.id = 0;
    this.call = null;
  }

  begin({ id, kind, seconds, text, language }) {
    const done = () => this.onHeard(id);
    const { aloud, pace } = this.settings;
    if (kind === "say") {
      this.onVoiceMissing(aloud && language && !voiceFor(language) ? language : "");
      const onSentence = (words) => this.onCaption(words, language);
      this.stop = say(text, language, { aloud, pace, onSentence, onDone: done });
    } else if (kind === "play") {
      this.onCaption("♪ A recording is played", "");
      this.playFile(id, seconds, done);
    } else if (kind === "beep") {
      this.onCaption("", "");
      this.tones.beep(seconds);
    } else if (kind === "tones") {
      this.tones.keys(text);
    }
  }

  playFile(id, seconds, done) {
    const audio = new Audio(this.address(id));
    audio.muted = !this.settings.aloud;
    // Where the file cannot be played, its time passes all the same.
    let timer = null;
    const giveUp = () => { timer ??= setTimeout(done, seconds * 1000); };
    audio.onended = done;
    audio.onerror = giveUp;
    audio.play().catch(giveUp);
    this.stop = () => {
      audio.onended = null;
      audio.onerror = null;
      audio.pause();
      clearTimeout(timer);
    };
  }
}
