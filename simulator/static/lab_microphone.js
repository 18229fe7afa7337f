// Listens to the microphone and sends what is said, piece by piece, while a recording lasts.

import { Resampler } from "./lab_resampler.js";

const PIECE = 2000; // samples: a quarter of a second
const LARGEST = 64000; // samples: eight seconds, when the network has been slow

export class Microphone {
  // `send(window, piece, pcm)` resolves to a Response; `onLevel` gets 0 to 1.
  constructor({ send, onLevel, onProblem }) {
    this.send = send;
    this.onLevel = onLevel;
    this.onProblem = onProblem;
    this.name = crypto.randomUUID?.() ?? String(Math.random());
    this.stream = null;
    this.window = null;
    this.listening = false;
    this.waiting = [];
    this.sending = null;
  }

  // To be called from a click, when browsers ask for permission; safe to repeat.
  async open() {
    if (this.stream) return;
    if (!navigator.mediaDevices?.getUserMedia) {
      this.onProblem("This page may not use a microphone here. Say a sample instead.");
      return;
    }
    this.opening ??= this.connect().finally(() => { this.opening = null; });
    await this.opening;
  }

  async connect() {
    try {
      const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
      this.stream = await navigator.mediaDevices.getUserMedia({ audio });
      this.context = new AudioContext();
      await this.context.audioWorklet.addModule(new URL("./lab_microphone_worklet.js", import.meta.url));
      const tap = new AudioWorkletNode(this.context, "tap", { numberOfOutputs: 0 });
      tap.port.onmessage = (message) => this.take(message.data);
      this.context.createMediaStreamSource(this.stream).connect(tap);
      await this.context.resume();
      this.onProblem("");
    } catch (error) {
      this.close();
      const refused = error.name === "NotAllowedError";
      this.onProblem(refused
        ? "The microphone was not allowed. Say a sample instead."
        : "No microphone was found. Say a sample instead.");
    }
  }

  close() {
    this.stop();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close().catch(() => {});
    this.stream = null;
    this.context = null;
  }

  start(window, piece) {
    this.window = window;
    this.piece = piece;
    this.listening = true;
    this.waiting = [];
    this.resampler = null;
  }

  stop() {
    this.window = null;
    this.listening = false;
    this.waiting = [];
    this.onLevel(0);
  }

  // Hears no more, and resolves once all that was said until now is with the simulator.
  async finish() {
    this.listening = false;
    while (this.window !== null && this.waiting.length) await this.pump(1);
    await this.sending;
  }

  take(block) {
    if (!this.listening) return;
    let sum = 0;
    for (const sample of block) sum += sample * sample;
    this.onLevel(Math.min(1, Math.sqrt(sum / block.length) * 4));
    this.resampler ??= new Resampler(this.context.sampleRate);
    this.waiting.push(...this.resampler.push(block));
    this.pump(PIECE);
  }

  // One request at a time, so that the pieces arrive in order; what gathers meanwhile goes together.
  pump(least) {
    if (!this.sending && this.waiting.length >= least) {
      this.sending = this.deliver(this.window, Int16Array.from(this.waiting.splice(0, LARGEST)))
        .catch(() => this.stop())
        .finally(() => { this.sending = null; });
    }
    return this.sending;
  }

  async deliver(window, pcm) {
    if (window === null || window !== this.window) return;
    const answer = await this.send(window, this.piece, pcm);
    if (answer.status === 204) {
      this.piece += 1;
    } else if (answer.status === 409) {
      this.piece = (await answer.json()).wanted;
      await this.deliver(window, pcm);
    } else if (window === this.window) {
      this.stop();
    }
  }
}
