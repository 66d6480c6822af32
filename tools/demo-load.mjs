#!/usr/bin/env node
/** demo-load.mjs URL: a few requests a second for an hour at most; ends when its standard input closes. */
import {request} from 'node:http';

const [base] = process.argv.slice(2);
const PER_SECOND = 8;
const MOST_AT_ONCE = 4;
const HOUR = 3_600_000;

/** Paths and how many of a hundred requests go there. */
const MIX = [
  [84.6, () => `/catalogue?page=${1 + Math.floor(Math.random() * 200)}`],
  [8, () => '/'],
  [4, () => '/health'],
  [3, () => `/slow?s=${(0.3 + Math.random() * 2).toFixed(1)}`],
  [0.4, () => '/error'],
];

function pick() {
  let left = Math.random() * 100;
  for (const [share, path] of MIX) {
    left -= share;
    if (left < 0) return path();
  }
  return '/';
}

let open = 0;

function send() {
  // While the server is stuck or away nothing piles up here.
  if (open >= MOST_AT_ONCE) return;
  open++;
  const sent = request(base + pick(), {agent: false, timeout: 30_000}, (response) => response.resume());
  sent.on('timeout', () => sent.destroy());
  sent.on('error', () => {});
  sent.on('close', () => open--);
  sent.end();
}

function next() {
  send();
  setTimeout(next, (0.5 + Math.random()) * (1000 / PER_SECOND));
}

process.stdin.on('close', () => process.exit(0)).resume();
setTimeout(() => process.exit(0), HOUR);
next();
