/*
 * countersign.js sends a file from a page straight to a bucket, with a ticket from a Countersign service.
 *
 *     import { upload } from 'https://uploads.example.com/countersign.js';
 *     const { key } = await upload(file, { rule: 'avatars', onProgress: ({ fraction }) => { bar.value = fraction; } });
 *
 * An ES module for pages, without dependencies. Everything that a page may rely on is exported; the rest may change.
 */

/**
 * What the service permits: one upload of one file to one key.
 * @typedef {object} Ticket
 * @property {string} environment
 * @property {string} bucket
 * @property {string} key
 * @property {'PUT'|'POST'} method
 * @property {string} url
 * @property {Record<string, string>} [headers] what a PUT must send besides what a browser sends by itself
 * @property {Record<string, string>} [fields] what a POST form must hold before `file`, in this order
 * @property {string} expiresAt UTC, ISO 8601
 * @property {boolean} once whether the bucket accepts it a single time only
 * @property {string} [publicUrl]
 */

/**
 * One upload rule, as `GET /v1/rules` tells it.
 * @typedef {object} Rule
 * @property {string} name
 * @property {string[]} contentTypes exact, or `image/*` (which never includes SVG)
 * @property {number} minimumSize bytes
 * @property {number} maximumSize bytes
 * @property {'PUT'|'POST'} method
 * @property {boolean} once
 * @property {number} lifetimeSeconds
 * @property {'optional'|'required'} checksum
 * @property {string[]} metadata the names that may be sent
 */

/**
 * @typedef {object} Progress
 * @property {'preparing'|'asking'|'sending'|'waiting'|'done'} phase `waiting`: the last try failed, the next one follows
 * @property {number} loaded bytes of the file that have been sent
 * @property {number} total bytes of the file
 * @property {number} fraction 0…1
 * @property {number} bytesPerSecond over the last seconds; over the whole transfer when done
 */

/**
 * @typedef {object} ServiceOptions
 * @property {string} [endpoint] the service's base URL, with `/u/` and a scoped token where the page has one; by default the origin that
 *           this module was loaded from
 * @property {string|(() => string|Promise<string>)} [token] the caller's token, or what fetches one; sent as a bearer token
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} UploadOptions
 * @property {string} rule the upload rule's name
 * @property {Record<string, string>} [metadata]
 * @property {string} [filename] by default the file's own
 * @property {string} [type] by default the file's own
 * @property {boolean} [sha256] true: always bind the checksum; false: never; by default up to 64 MiB, where the browser can
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(ticket: Ticket) => void} [onTicket] called with each ticket before it is used
 */

/**
 * @typedef {object} UploadResult
 * @property {string} key
 * @property {string|null} etag null when the bucket does not expose it
 * @property {string|null} publicUrl
 * @property {boolean} alreadyStored the answer of an earlier try was lost, and the next one found the object there: confirm it
 * @property {Ticket} ticket
 */

const tryLimit = 5;
const ticketLimit = 3;
const firstPauseMilliseconds = 400;
const longestPauseMilliseconds = 8_000;
const longestRetryAfterSeconds = 120;
const stallMilliseconds = 60_000;
const hashLimitBytes = 64 * 1024 * 1024;

/** Why an upload did not happen. `message` is written for people, `code` for programs. */
export class CountersignError extends Error {
  /**
   * @param {string} message
   * @param {{code: string, source: 'service'|'bucket'|'page', status?: number, field?: string, requestId?: string,
   *          detail?: string, retryAfterSeconds?: number, cause?: unknown}} facts
   */
  constructor(message, { code, source, status = 0, field, requestId, detail, retryAfterSeconds, cause }) {
    super(message, { cause });
    this.name = 'CountersignError';
    /** The service's snake-case code, S3's own code (`SignatureDoesNotMatch`), or `network_failure`. */
    this.code = code;
    /** Who said no. */
    this.source = source;
    /** The HTTP status, or 0 when there was no answer. */
    this.status = status;
    /** The field of the upload request that is to blame, if one is. */
    this.field = field;
    this.requestId = requestId;
    /** What the other side said, word for word. */
    this.detail = detail ?? message;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * Asks for a ticket and sends the file with it. Lost connections, 409, 429 and 5xx are tried again; an expired ticket is replaced.
 * @param {Blob} file
 * @param {UploadOptions & ServiceOptions} options
 * @returns {Promise<UploadResult>}
 * @throws {CountersignError} or the signal's reason
 */
export async function upload(file, options) {
  options.signal?.throwIfAborted();
  const report = reporter(file.size, options.onProgress);
  report('preparing', 0);
  const request = await uploadRequest(file, options);
  for (let tickets = 1; ; tickets++) {
    report('asking', 0);
    const ticket = await retrying(options.signal, report, () => call('/v1/uploads', options, request));
    options.onTicket?.(ticket);
    try {
      const stored = await send(ticket, file, request.filename, options.signal, report);
      report('done', file.size);
      return { key: ticket.key, publicUrl: ticket.publicUrl ?? null, ticket, ...stored };
    } catch (error) {
      if (!hasExpired(ticket, error) || tickets === ticketLimit) throw error;
    }
  }
}

/**
 * The rules that this caller may use.
 * @param {ServiceOptions} [options]
 * @returns {Promise<{environment: string, rules: Rule[]}>}
 */
export function rules(options = {}) {
  return retrying(options.signal, () => {}, () => call('/v1/rules', options));
}

/**
 * Checks a file against a rule before asking. The service is the judge; this only spares a journey.
 * @param {Blob} file
 * @param {Rule} rule
 * @returns {CountersignError|null} null when the rule would allow it
 */
export function check(file, rule) {
  const type = plainType(file.type);
  const refuse = (code, field, message) => new CountersignError(message, { code, field, source: 'page' });
  if (!rule.contentTypes.some((pattern) => matches(type, pattern))) {
    return refuse('type_not_allowed', 'type', `${rule.name} takes ${rule.contentTypes.join(', ')}; this file is ${type}.`);
  }
  if (file.size > rule.maximumSize) {
    return refuse('too_large', 'size', `${rule.name} takes up to ${rule.maximumSize} bytes; this file has ${file.size}.`);
  }
  if (file.size < rule.minimumSize) {
    return refuse('too_small', 'size', `${rule.name} takes ${rule.minimumSize} bytes or more; this file has ${file.size}.`);
  }
  return null;
}

// ---- Asking the service

async function uploadRequest(file, { rule, filename, type, metadata, sha256 }) {
  const request = { rule, filename: filename ?? file.name ?? 'file', size: file.size, type: plainType(type ?? file.type) };
  if (metadata) request.metadata = metadata;
  if (sha256 ?? (file.size <= hashLimitBytes && globalThis.isSecureContext)) request.sha256 = await hash(file);
  return request;
}

async function hash(file) {
  if (!globalThis.crypto?.subtle) {
    throw new CountersignError('A checksum needs a page that was loaded over HTTPS or from localhost.', {
      code: 'insecure_context', source: 'page',
    });
  }
  try {
    const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
    return btoa(String.fromCharCode(...new Uint8Array(digest)));
  } catch (cause) {
    throw new CountersignError('The file could not be read. Was it moved or changed since it was chosen?', {
      code: 'file_unreadable', source: 'page', cause,
    });
  }
}

async function call(path, { endpoint, token, signal }, body) {
  const base = (endpoint ?? new URL(import.meta.url).origin).replace(/\/+$/, '');
  const bearer = typeof token === 'function' ? await token() : token;
  const headers = { accept: 'application/json' };
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  if (body) headers['content-type'] = 'application/json';
  let response;
  let answer;
  try {
    response = await fetch(base + path, {
      method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body), signal, credentials: 'omit', cache: 'no-store',
    });
    answer = await response.text();
  } catch (cause) {
    signal?.throwIfAborted();
    // A scoped token in the address is nothing to show, or to send to where errors are collected.
    throw new CountersignError(`The upload service at ${base.replace(/\/u\/[^/]*$/, '')} could not be reached.`, {
      code: 'network_failure', source: 'service', cause,
    });
  }
  const json = parsed(answer);
  if (!response.ok || !json) throw serviceError(response, json);
  return json;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function serviceError(response, problem) {
  return new CountersignError(problem?.detail ?? `The upload service answered ${response.status} without a reason.`, {
    code: problem?.code ?? 'unreadable_answer',
    source: 'service',
    status: response.status,
    field: problem?.field,
    requestId: problem?.instance ?? response.headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: retryAfter(response.headers.get('retry-after')),
  });
}

// ---- Sending to the bucket

async function send(ticket, file, filename, signal, report) {
  return retrying(signal, report, async (tries) => {
    try {
      const request = await transfer(ticket, body(ticket, file, filename), file.size, signal, report);
      return { etag: etag(request), alreadyStored: false };
    } catch (error) {
      // The answer of an earlier try was lost after the bucket had stored the object.
      if (error.status === 412 && ticket.once && tries > 1) return { etag: null, alreadyStored: true };
      throw error;
    }
  });
}

/** A Blob or a form of known length: the browser then sends the Content-Length that the ticket binds. */
function body(ticket, file, filename) {
  if (ticket.method !== 'POST') return file;
  const form = new FormData();
  for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value);
  form.append('file', file, filename);
  return form;
}

/** XMLHttpRequest, because fetch does not tell how much has been sent. */
function transfer(ticket, content, size, signal, report) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const cancel = () => request.abort();
    let watch;
    const keepWatch = () => {
      clearTimeout(watch);
      watch = setTimeout(cancel, stallMilliseconds);
    };
    const end = (settle, outcome) => {
      clearTimeout(watch);
      signal?.removeEventListener('abort', cancel);
      settle(outcome);
    };
    request.open(ticket.method, ticket.url);
    for (const [name, value] of Object.entries(ticket.headers ?? {})) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      keepWatch();
      report('sending', total > 0 ? Math.round((loaded / total) * size) : 0);
    };
    request.onload = () => (request.status >= 200 && request.status < 300 ? end(resolve, request) : end(reject, bucketError(request)));
    request.onerror = () => end(reject, unreachable(ticket));
    request.onabort = () => end(reject, signal?.aborted ? signal.reason : unreachable(ticket));
    if (signal?.aborted) return end(reject, signal.reason);
    signal?.addEventListener('abort', cancel, { once: true });
    report('sending', 0);
    keepWatch();
    request.send(content);
  });
}

function etag(request) {
  const quoted = request.getResponseHeader('etag') ?? xmlText(request.responseText, 'PostResponse > ETag');
  return quoted?.replace(/^"|"$/g, '') ?? null;
}

const bucketMessages = {
  AccessDenied: 'The bucket refused the upload: the ticket does not allow it.',
  BadDigest: 'The bytes that arrived are not the bytes that the ticket names.',
  EntityTooLarge: 'The file is larger than the ticket allows.',
  EntityTooSmall: 'The file is smaller than the ticket allows.',
  ExpiredToken: 'The ticket has expired.',
  NoSuchBucket: 'The bucket does not exist.',
  PreconditionFailed: 'The ticket has been used: an object is stored under its key.',
  RequestTimeTooSkewed: "The service's clock and the bucket's differ by more than 15 minutes.",
  SignatureDoesNotMatch: 'The request differs from what the ticket was signed for: its length, type, a header or the URL.',
  SlowDown: 'The bucket is busy.',
};

function bucketError(request) {
  const said = (element) => xmlText(request.responseText, `Error > ${element}`) ?? undefined;
  const code = said('Code') ?? 'unreadable_answer';
  const detail = said('Message');
  const expired = code === 'AccessDenied' && /expired/i.test(detail ?? '');
  const message = bucketMessages[expired ? 'ExpiredToken' : code] ?? `The bucket answered ${request.status}${detail ? `: ${detail}` : '.'}`;
  return new CountersignError(message, {
    code,
    source: 'bucket',
    status: request.status,
    requestId: said('RequestId'),
    detail,
    retryAfterSeconds: retryAfter(request.getResponseHeader('retry-after')),
  });
}

function unreachable(ticket) {
  const message = `The bucket at ${new URL(ticket.url).host} could not be reached. If this stays so, its CORS rules do not name this page's origin.`;
  return new CountersignError(message, { code: 'network_failure', source: 'bucket' });
}

function hasExpired(ticket, error) {
  if (error?.source !== 'bucket' || (error.status !== 403 && error.status !== 400)) return false;
  return error.code === 'ExpiredToken' || (error.status === 403 && (/expired/i.test(error.detail) || Date.now() >= Date.parse(ticket.expiresAt)));
}

function xmlText(text, selector) {
  return new DOMParser().parseFromString(text || '<none/>', 'text/xml').querySelector(selector)?.textContent ?? null;
}

// ---- Trying again

async function retrying(signal, report, attempt) {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(tries);
    } catch (error) {
      if (tries === tryLimit || !isWorthRetrying(error)) throw error;
      report('waiting', 0);
      await pause(pauseMilliseconds(error, tries), signal);
    }
  }
}

function isWorthRetrying(error) {
  if (!(error instanceof CountersignError) || error.retryAfterSeconds > longestRetryAfterSeconds) return false;
  const transient = [408, 409, 429, 500, 502, 503, 504].includes(error.status);
  return transient || error.code === 'network_failure' || error.code === 'RequestTimeout';
}

/** What the other side asks for, or twice as long each time; a random part keeps many pages from coming back at once. */
function pauseMilliseconds({ retryAfterSeconds }, tries) {
  const longest = Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** (tries - 1));
  return (retryAfterSeconds ?? 0) * 1_000 + longest * (0.5 + Math.random() / 2);
}

function retryAfter(value) {
  if (value == null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) return stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

// ---- Telling how far it is

function reporter(total, onProgress = () => {}) {
  const samples = [];
  let first;
  return (phase, loaded) => {
    const now = performance.now();
    if (phase === 'sending' && loaded === 0) {
      samples.length = 0;
      first = now;
    }
    samples.push({ now, loaded });
    while (samples.length > 2 && now - samples[0].now > 3_000) samples.shift();
    const from = phase === 'done' ? { now: first, loaded: 0 } : samples[0];
    const seconds = (now - from.now) / 1_000;
    const bytesPerSecond = seconds > 0 ? Math.max(0, (loaded - from.loaded) / seconds) : 0;
    onProgress({ phase, loaded, total, fraction: phase === 'done' ? 1 : total > 0 ? loaded / total : 0, bytesPerSecond });
  };
}

// ---- Content types

/** One type without parameters, as tickets bind it. */
function plainType(type) {
  return type?.split(';')[0].trim().toLowerCase() || 'application/octet-stream';
}

function matches(type, pattern) {
  if (!pattern.endsWith('/*')) return type === pattern;
  return type.startsWith(pattern.slice(0, -1)) && type !== 'image/svg+xml';
}
