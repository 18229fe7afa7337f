// What a telephone sounds like: its ring, its keys, the tone before a recording.

const KEYS = {
  1: [697, 1209], 2: [697, 1336], 3: [697, 1477],
  4: [770, 1209], 5: [770, 1336], 6: [770, 1477],
  7: [852, 1209], 8: [852, 1336], 9: [852, 1477],
  "*": [941, 1209], 0: [941, 1336], "#": [941, 1477],
};

export class Tones {
  constructor() {
    this.on = true;
    this.context = null;
    this.ringing = null;
  }

  // Browsers keep a page quiet until somebody has touched it.
  wake() {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") this.context.resume().catch(() => {});
  }

  play(frequencies, seconds, volume = 0.12, at = 0) {
    if (!this.on || !this.context || this.context.state !== "running") return;
    const start = this.context.currentTime + at;
    const loudness = this.context.createGain();
    loudness.connect(this.context.destination);
    // Soft edges, or each tone begins and ends with a click.
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(volume, start + 0.01);
    loudness.gain.setValueAtTime(volume, start + seconds - 0.02);
    loudness.gain.linearRampToValueAtTime(0, start + seconds);
    for (const frequency of frequencies) {
      const tone = this.context.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(loudness);
      tone.start(start);
      tone.stop(start + seconds);
    }
  }

  key(key) { this.play(KEYS[key] ?? [], 0.14); }

  keys(digits) { [...digits].forEach((key, n) => this.play(KEYS[key] ?? [], 0.12, 0.12, n * 0.18)); }

  beep(seconds = 0.4) { this.play([1000], Math.max(0.1, seconds), 0.15); }

  // "in": this telephone rings; "out": the other end does; null: quiet.
  ring(direction) {
    if (this.ringing?.direction === direction) return;
    clearInterval(this.ringing?.timer);
    this.ringing = null;
    if (!direction) return;
    const once = direction === "in"
      ? () => { for (let n = 0; n < 6; n++) this.play([n % 2 ? 660 : 880], 0.16, 0.1, n * 0.17); }
      : () => this.play([425], 1, 0.06);
    once();
    this.ringing = { direction, timer: setInterval(once, direction === "in" ? 3000 : 5000) };
  }
}
