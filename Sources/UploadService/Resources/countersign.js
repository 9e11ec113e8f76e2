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
 * @property {'PUT'|'POST'|'MULTIPART'} method
 * @property {string} [url] of a PUT or POST
 * @property {Record<string, string>} [headers] what a PUT must send besides what a browser sends by itself
 * @property {Record<string, string>} [fields] what a POST form must hold before `file`, in this order
 * @property {string} expiresAt UTC, ISO 8601
 * @property {boolean} once whether the bucket accepts it a single time only
 * @property {string} [publicUrl]
 * @property {string} grant what later steps present; send it to your back end, which can have it confirmed
 * @property {'assisted'|'signed'} [multipart] who creates and completes an upload in parts: the service, or this module
 * @property {Step} [create] signed: creates the upload
 * @property {number} [partSize] bytes of each part but the last
 * @property {number} [partCount]
 * @property {Part[]} [parts]
 */

/**
 * One presigned request.
 * @typedef {{method: string, url: string, headers: Record<string, string>, expiresAt: string}} Step
 * @typedef {Step & {partNumber: number}} Part
 */

/**
 * What is stored, found to be what its ticket was for.
 * @typedef {{environment: string, rule: string, bucket: string, key: string, size: number, type: string, etag?: string, versionId?: string,
 *            sha256?: string, encryption?: string, lastModified?: string, once: boolean, publicUrl?: string}} ConfirmedObject
 */

/**
 * One upload rule, as `GET /v1/rules` tells it.
 * @typedef {object} Rule
 * @property {string} name
 * @property {string[]} contentTypes exact, or `image/*` (which never includes SVG)
 * @property {number} minimumSize bytes
 * @property {number} maximumSize bytes
 * @property {'PUT'|'POST'|'MULTIPART'} method
 * @property {'assisted'|'signed'} [multipart] whether it takes files in parts, besides
 * @property {boolean} once
 * @property {number} lifetimeSeconds
 * @property {'optional'|'required'} checksum
 * @property {string[]} metadata the names that may be sent
 */

/**
 * @typedef {object} Progress
 * @property {'preparing'|'asking'|'sending'|'waiting'|'paused'|'completing'|'done'} phase `waiting`: the last try failed, the next one
 *           follows
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
 * @property {'PUT'|'POST'|'MULTIPART'} [method] by default the rule's own, and MULTIPART above 64 MiB where the rule takes that too
 * @property {number} [parallel] how many parts are sent at a time; 4 by default
 * @property {boolean} [resume] whether an upload in parts that a reload interrupted goes on when the same file is given again; true by
 *           default
 * @property {UploadControl} [control] to pause an upload in parts
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(ticket: Ticket) => void} [onTicket] called with each ticket before it is used
 */

/**
 * @typedef {object} UploadResult
 * @property {string} key
 * @property {string|null} etag null when the bucket does not expose it
 * @property {string|null} publicUrl
 * @property {boolean} alreadyStored the answer of an earlier try was lost, and the next one found the object there
 * @property {ConfirmedObject|null} confirmed what the service found stored, where it looked
 * @property {Ticket} ticket
 */

const tryLimit = 5;
const ticketLimit = 3;
const firstPauseMilliseconds = 400;
const longestPauseMilliseconds = 8_000;
const longestRetryAfterSeconds = 120;
const stallMilliseconds = 60_000;
const longestCompletingMilliseconds = 600_000;
const hashLimitBytes = 64 * 1024 * 1024;
const multipartLimitBytes = 64 * 1024 * 1024;
const partsAtATime = 50;
const partTicketLimit = 10;
const memoryPrefix = 'countersign:';
const memoryWaitMilliseconds = 1_000;

/** Why an upload did not happen. `message` is written for people, `code` for programs. */
export class CountersignError extends Error {
  /**
   * @param {string} message
   * @param {{code: string, source: 'service'|'bucket'|'page', status?: number, field?: string, requestId?: string,
   *          detail?: string, retryAfterSeconds?: number, differences?: {field: string, expected: string, actual: string}[],
   *          cause?: unknown}} facts
   */
  constructor(message, { code, source, status = 0, field, requestId, detail, retryAfterSeconds, differences, cause }) {
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
    /** With `object_differs`: what was expected, and what is stored. */
    this.differences = differences;
  }
}

/** Pauses an upload in parts, and lets it go on. Give it to `upload` as `control`. */
export class UploadControl {
  #paused = false;
  #listeners = new Set();

  get paused() {
    return this.#paused;
  }

  /** Stops what is being sent; parts that have arrived stay. */
  pause() {
    this.#set(true);
  }

  resume() {
    this.#set(false);
  }

  /** Calls back with each change; returns what ends that. */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(paused) {
    if (this.#paused === paused) return;
    this.#paused = paused;
    for (const listener of [...this.#listeners]) listener(paused);
  }
}

/**
 * Asks for a ticket and sends the file with it. Lost connections, 429 and 5xx are tried again, and 409 where it will pass; an expired
 * ticket is replaced. In parts, several are sent at a time, and what is interrupted goes on where it was; when `signal` aborts, nothing of
 * the file is left.
 * @param {Blob} file
 * @param {UploadOptions & ServiceOptions} options
 * @returns {Promise<UploadResult>}
 * @throws {CountersignError} or the signal's reason
 */
export async function upload(file, options) {
  options.signal?.throwIfAborted();
  const report = reporter(file.size, options.onProgress);
  report('preparing', 0);
  return withMemory(file, options, (memory) => uploadOrResume(file, options, memory, report));
}

/**
 * Has the service look whether a ticket's file has arrived as it should.
 * @param {string} grant the ticket's
 * @param {ServiceOptions} [options]
 * @returns {Promise<ConfirmedObject>}
 * @throws {CountersignError} `object_not_found`, or `object_differs`, whose `differences` say how
 */
export function confirm(grant, options = {}) {
  return retrying(options.signal, () => {}, () => call('/v1/uploads/confirm', options, { grant }));
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

// ---- From the ticket to its end

async function uploadOrResume(file, options, memory, report) {
  const earlier = memory.load();
  if (earlier) {
    options.onTicket?.(earlier.ticket);
    const result = await new PartsUpload(earlier, file, options, memory, report).run({ isResumed: true });
    if (result) return result;
  }
  const request = await uploadRequest(file, options);
  for (let tickets = 1; ; tickets++) {
    report('asking', 0);
    const ticket = await askForTicket(request, options, report);
    options.onTicket?.(ticket);
    if (ticket.method === 'MULTIPART') return new PartsUpload({ ticket, etags: {} }, file, options, memory, report).run();
    try {
      const stored = await send(ticket, file, request.filename, options, report);
      report('done', file.size);
      return { key: ticket.key, publicUrl: ticket.publicUrl ?? null, ticket, ...stored };
    } catch (error) {
      if (!hasExpired(ticket, error) || tickets === ticketLimit) throw error;
    }
  }
}

// ---- Asking the service

async function uploadRequest(file, options) {
  const { rule, filename, type, metadata, sha256 } = options;
  const request = { rule, filename: filename ?? file.name ?? 'file', size: file.size, type: plainType(type ?? file.type) };
  if (metadata) request.metadata = metadata;
  const method = options.method ?? (file.size > multipartLimitBytes && (await takesParts(rule, options)) ? 'MULTIPART' : undefined);
  if (method) request.method = method;
  if (method === 'MULTIPART') return request;
  if (sha256 ?? (file.size <= hashLimitBytes && globalThis.isSecureContext)) request.sha256 = await hash(file);
  return request;
}

async function takesParts(name, options) {
  const { rules: known } = await rules(options);
  return known.some((rule) => rule.name === name && rule.multipart);
}

async function askForTicket(request, options, report) {
  // Once asked for, an upload in parts is waited for even by who aborts: it has to be known to be ended.
  const asker = request.method === 'MULTIPART' ? { ...options, signal: undefined } : options;
  const ask = () => retrying(options.signal, report, () => {
    options.signal?.throwIfAborted();
    return call('/v1/uploads', asker, request);
  });
  try {
    return await ask();
  } catch (error) {
    // Nobody asked for this checksum: where the store or the way of the upload has none, it goes without.
    if (error.code !== 'invalid_checksum' || !request.sha256 || options.sha256) throw error;
    delete request.sha256;
    return ask();
  }
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
  const base = baseOf(endpoint);
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
    throw new CountersignError(`The upload service at ${withoutToken(base)} could not be reached.`, {
      code: 'network_failure', source: 'service', cause,
    });
  }
  if (response.status === 204) return null;
  const json = parsed(answer);
  if (!response.ok || !json) throw serviceError(response, json);
  return json;
}

function baseOf(endpoint) {
  return (endpoint ?? new URL(import.meta.url).origin).replace(/\/+$/, '');
}

function withoutToken(base) {
  return base.replace(/\/u\/[^/]*$/, '');
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
    differences: problem?.differences,
    requestId: problem?.instance ?? response.headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: retryAfter(response.headers.get('retry-after')),
  });
}

// ---- Sending to the bucket

async function send(ticket, file, filename, options, report) {
  return retrying(options.signal, report, async (tries) => {
    try {
      const content = body(ticket, file, filename);
      const request = await transfer(ticket, content, file.size, options.signal, (loaded) => report('sending', loaded));
      return { etag: etag(request), alreadyStored: false, confirmed: null };
    } catch (error) {
      if (error.status !== 412 || !ticket.once || tries === 1) throw error;
      // The answer of an earlier try was lost after the bucket had stored the object, or it is another's.
      const confirmed = await lookUp(ticket, options);
      return { etag: unquoted(confirmed?.etag), alreadyStored: true, confirmed };
    }
  });
}

/** What is stored, where the service can tell; throws where it is not what the ticket was for. */
async function lookUp(ticket, options) {
  if (!ticket.grant) return null;
  try {
    return await confirm(ticket.grant, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error.code === 'object_differs') throw error;
    return null;
  }
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
function transfer(step, content, size, signal, onLoaded, patienceMilliseconds = stallMilliseconds) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const cancel = () => request.abort();
    let watch;
    const keepWatch = () => {
      clearTimeout(watch);
      watch = setTimeout(cancel, patienceMilliseconds);
    };
    const end = (settle, outcome) => {
      clearTimeout(watch);
      signal?.removeEventListener('abort', cancel);
      settle(outcome);
    };
    request.open(step.method, step.url);
    for (const [name, value] of Object.entries(step.headers ?? {})) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      keepWatch();
      onLoaded(total > 0 ? Math.round((loaded / total) * size) : 0);
    };
    request.onload = () => (request.status >= 200 && request.status < 300 ? end(resolve, request) : end(reject, bucketError(request)));
    request.onerror = () => end(reject, unreachable(step));
    request.onabort = () => end(reject, signal?.aborted ? signal.reason : unreachable(step));
    if (signal?.aborted) return end(reject, signal.reason);
    signal?.addEventListener('abort', cancel, { once: true });
    onLoaded(0);
    keepWatch();
    request.send(content);
  });
}

function etag(request) {
  const quoted = request.getResponseHeader('etag') ?? xmlText(request.responseText, 'PostResponse > ETag');
  return unquoted(quoted);
}

function unquoted(etag) {
  return etag?.replace(/^"|"$/g, '') ?? null;
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
  return parsedXML(text).querySelector(selector)?.textContent ?? null;
}

/** Some stores keep the connection busy with blanks before the document. */
function parsedXML(text) {
  return new DOMParser().parseFromString(text.trim() || '<none/>', 'text/xml');
}

// ---- Uploads in parts

const paused = Symbol('paused');

/** One upload in parts, from its ticket to its end. */
class PartsUpload {
  #ticket;
  #uploadId;
  /** What the bucket answered for each part that has arrived: an entity tag, or null where the page may not read it. */
  #etags;
  #urls = new Map();
  #asking = null;
  #steps;
  #etag;
  #loaded = new Map();

  constructor({ ticket, uploadId, etags }, file, options, memory, report) {
    this.#ticket = ticket;
    this.#uploadId = uploadId;
    this.#etags = new Map(Object.entries(etags).map(([number, etag]) => [Number(number), etag]));
    this.file = file;
    this.options = options;
    this.memory = memory;
    this.report = report;
  }

  /** Null where an interrupted upload is no more, and a new one has to begin. */
  async run({ isResumed = false } = {}) {
    const { signal } = this.options;
    try {
      if (isResumed && !(await this.#recall())) return this.#forget(await this.#outcome());
      if (this.#ticket.create && !this.#uploadId) await this.#create();
      this.#remember();
      for (const part of this.#ticket.parts ?? []) this.#urls.set(part.partNumber, part);
      await this.#sendAll();
      this.report('completing', this.file.size);
      return this.#forget(this.#result(await this.#complete()));
    } catch (error) {
      // What may pass leaves the upload as it is: the same file goes on with it.
      if (signal?.aborted || isFinal(error)) await this.#abort();
      signal?.throwIfAborted();
      throw error;
    }
  }

  // ---- What has happened before

  /** What has arrived, as the bucket has it; false where the upload is over. */
  async #recall() {
    try {
      const whole = (await this.#list()).filter(({ partNumber, size }) => size === this.#size(partNumber));
      this.#etags = new Map([...this.#etags, ...whole.map(({ partNumber, etag }) => [partNumber, etag])]);
      return true;
    } catch (error) {
      if (isFinal(error)) return false;
      throw error;
    }
  }

  /** The parts that the bucket has; the first thousand, where the page asks the bucket itself. */
  async #list() {
    if (this.#ticket.multipart === 'assisted') return (await this.#ask('list', {})).parts;
    const request = await retrying(this.options.signal, () => this.#tell('waiting'), async () =>
      this.#perform((await this.#freshSteps()).list, null));
    return [...parsedXML(request.responseText).querySelectorAll('Part')].map((part) => {
      const text = (name) => part.querySelector(name)?.textContent ?? null;
      return { partNumber: Number(text('PartNumber')), size: Number(text('Size')), etag: text('ETag') };
    });
  }

  /** The upload is over: perhaps completed, and only the answer was lost. */
  async #outcome() {
    const confirmed = await lookUp(this.#ticket, this.options).catch(() => null);
    return confirmed && this.#result(confirmed);
  }

  /** The service lists all parts, however many; what a page may list itself can be fewer. */
  #remember() {
    const etags = this.#ticket.multipart === 'assisted' ? {} : Object.fromEntries(this.#etags);
    this.memory.save({ ticket: { ...this.#ticket, parts: undefined, create: undefined }, uploadId: this.#uploadId, etags });
  }

  #forget(result) {
    this.memory.clear();
    return result;
  }

  #result(confirmed) {
    this.report('done', this.file.size);
    const { key, publicUrl = null } = this.#ticket;
    return { key, publicUrl, etag: unquoted(confirmed?.etag ?? this.#etag), alreadyStored: false, confirmed, ticket: this.#ticket };
  }

  // ---- Sending

  async #create() {
    const { signal } = this.options;
    // Not to be interrupted: without its id nobody can end the upload.
    const request = await retrying(signal, this.report, () => {
      signal?.throwIfAborted();
      return transfer(this.#ticket.create, null, 0, undefined, () => {});
    });
    this.#uploadId = xmlText(request.responseText, 'UploadId');
    if (!this.#uploadId) throw bucketError(request);
  }

  /** The first that fails stops the others; all have ended before this does. */
  async #sendAll() {
    this.options.signal?.throwIfAborted();
    const stop = new AbortController();
    const cancel = () => stop.abort(this.options.signal.reason);
    this.options.signal?.addEventListener('abort', cancel, { once: true });
    const everyNumber = Array.from({ length: this.#ticket.partCount }, (_, index) => index + 1);
    const numbers = everyNumber.filter((number) => !this.#etags.has(number));
    for (const number of this.#etags.keys()) this.#loaded.set(number, this.#size(number));
    this.#tell('sending');
    const work = async () => {
      for (let number = numbers.shift(); number && !stop.signal.aborted; number = numbers.shift()) await this.#sendPart(number, stop.signal);
    };
    const workers = Array.from({ length: Math.max(1, this.options.parallel ?? 4) }, () =>
      work().catch((error) => {
        stop.abort(error);
        throw error;
      }),
    );
    const outcomes = await Promise.allSettled(workers);
    this.options.signal?.removeEventListener('abort', cancel);
    if (outcomes.some(({ status }) => status === 'rejected')) throw stop.signal.reason;
  }

  async #sendPart(number, signal) {
    for (let tickets = 1; ; ) {
      await this.#untilResumed(signal);
      let part;
      try {
        part = await this.#url(number, signal);
        const request = await this.#untilPaused(signal, (signal) => this.#transferPart(part, number, signal));
        this.#etags.set(number, etag(request));
        if (this.#ticket.multipart === 'signed') this.#remember();
        return;
      } catch (error) {
        if (error === paused) continue;
        this.#loaded.delete(number);
        this.#urls.delete(number);
        if (!part || !hasExpired(part, error) || tickets++ === partTicketLimit) throw error;
      }
    }
  }

  #transferPart(part, number, signal) {
    const start = (number - 1) * this.#ticket.partSize;
    const content = this.file.slice(start, start + this.#size(number));
    const loaded = (bytes) => {
      this.#loaded.set(number, bytes);
      this.#tell('sending');
    };
    const waiting = () => this.#tell('waiting');
    return retrying(signal, waiting, () => transfer(part, content, content.size, signal, loaded));
  }

  #size(number) {
    const { partSize, partCount } = this.#ticket;
    return number < partCount ? partSize : this.file.size - (partCount - 1) * partSize;
  }

  #tell(phase) {
    this.report(phase, [...this.#loaded.values()].reduce((sum, bytes) => sum + bytes, 0));
  }

  /** A URL that is still good; several parts that need one are asked for together. */
  async #url(number, signal) {
    for (;;) {
      const known = this.#urls.get(number);
      if (known && Date.parse(known.expiresAt) - Date.now() > 10_000) return known;
      this.#urls.delete(number);
      this.#asking ??= this.#askForURLs(number).finally(() => {
        this.#asking = null;
      });
      await this.#asking;
      signal.throwIfAborted();
      const fresh = this.#urls.get(number);
      // With a clock that is far ahead every URL looks expired: the bucket is the judge.
      if (fresh) return fresh;
    }
  }

  async #askForURLs(number) {
    const numbers = [];
    for (let next = number; next <= this.#ticket.partCount && numbers.length < partsAtATime; next++) {
      if (!this.#etags.has(next)) numbers.push(next);
    }
    const { parts, complete, abort, list } = await this.#ask('parts', { partNumbers: numbers, uploadId: this.#uploadId });
    for (const part of parts) this.#urls.set(part.partNumber, part);
    this.#steps = { complete, abort, list };
  }

  // ---- Pausing

  async #untilResumed(signal) {
    const { control } = this.options;
    if (!control?.paused) return;
    this.#tell('paused');
    await new Promise((resolve, reject) => {
      const end = (settle, outcome) => {
        ignore();
        signal.removeEventListener('abort', abort);
        settle(outcome);
      };
      const abort = () => end(reject, signal.reason);
      const ignore = control.onChange((isPaused) => isPaused || end(resolve));
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Runs an attempt with a signal of its own, which a pause aborts too. */
  async #untilPaused(signal, attempt) {
    const own = new AbortController();
    const cancel = () => own.abort(signal.reason);
    const ignore = this.options.control?.onChange((isPaused) => isPaused && own.abort(paused));
    signal.addEventListener('abort', cancel, { once: true });
    try {
      signal.throwIfAborted();
      // Since the last look at it, a part's URL may have been asked for.
      if (this.options.control?.paused) throw paused;
      return await attempt(own.signal);
    } finally {
      ignore?.();
      signal.removeEventListener('abort', cancel);
    }
  }

  // ---- The end

  async #complete() {
    if ([...this.#etags.values()].includes(null)) await this.#learnETags();
    const parts = [...this.#etags].sort(([one], [other]) => one - other).map(([partNumber, etag]) => ({ partNumber, etag }));
    let tries = 0;
    try {
      return await retrying(this.options.signal, () => this.report('waiting', this.file.size), () => {
        tries++;
        return this.#ticket.multipart === 'assisted' ? this.#askOnce('complete', { parts }) : this.#completeSigned(parts);
      });
    } catch (error) {
      const isOver = [404, 412].includes(error.status);
      const confirmed = isOver && tries > 1 ? await lookUp(this.#ticket, this.options) : null;
      if (!confirmed) throw error;
      return confirmed;
    }
  }

  /** The bucket's CORS rules do not let pages read entity tags; the service, or a presigned request, tells them. */
  async #learnETags() {
    for (const { partNumber, etag } of await this.#list()) this.#etags.set(partNumber, etag);
    if (![...this.#etags.values()].includes(null)) return;
    throw new CountersignError("The bucket's CORS rules hide the ETag, without which parts cannot be completed: add it to ExposeHeaders.", {
      code: 'etag_hidden', source: 'bucket',
    });
  }

  async #completeSigned(parts) {
    const escaped = (text) => text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);
    const element = ({ partNumber, etag }) => `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`;
    const { complete } = await this.#freshSteps();
    const xml = `<CompleteMultipartUpload>${parts.map(element).join('')}</CompleteMultipartUpload>`;
    const request = await this.#perform(complete, xml, longestCompletingMilliseconds);
    // S3 answers 200 before it knows how it will end.
    const etag = xmlText(request.responseText, 'CompleteMultipartUploadResult > ETag');
    if (etag == null) throw bucketError(request);
    this.#etag = etag;
    return lookUp(this.#ticket, this.options);
  }

  /** What the client ends the upload with, signed anew. */
  async #freshSteps() {
    if (!this.#steps?.complete || Date.parse(this.#steps.complete.expiresAt) - Date.now() < 10_000) {
      const { complete, abort, list } = await this.#ask('parts', { partNumbers: [1], uploadId: this.#uploadId });
      this.#steps = { complete, abort, list };
    }
    return this.#steps;
  }

  /** Leaves nothing of the upload in the bucket, whatever has become of the signal. */
  async #abort() {
    this.options = { ...this.options, signal: undefined };
    try {
      if (this.#ticket.multipart === 'assisted') await this.#ask('abort', {});
      else if (this.#uploadId) await retrying(undefined, () => {}, async () => this.#perform((await this.#freshSteps()).abort, null));
    } catch {
      // The bucket's lifecycle ends what could not be ended here.
    }
    this.#forget();
  }

  #perform(step, content, patienceMilliseconds) {
    return transfer(step, content, 0, this.options.signal, () => {}, patienceMilliseconds);
  }

  #ask(step, request) {
    return retrying(this.options.signal, () => this.#tell('waiting'), () => this.#askOnce(step, request));
  }

  #askOnce(step, request) {
    return call(`/v1/uploads/${step}`, this.options, { grant: this.#ticket.grant, ...request });
  }
}

// ---- Remembering an upload over a reload

/** Runs what may remember an upload of this file. A second one of the same file, here or in another tab, is an upload of its own. */
function withMemory(file, options, run) {
  const { name, storage } = placeOfMemory(file, options);
  if (!storage || !navigator.locks) return run(memory(storage, name));
  return new Promise((resolve, reject) => {
    // The page before a reload may take a moment to let go.
    const wait = AbortSignal.timeout(memoryWaitMilliseconds);
    const begin = (storage) => run(memory(storage, name)).then(resolve, reject);
    navigator.locks.request(name, { signal: wait }, () => begin(storage)).catch(() => begin(null));
  });
}

/** The file by what a page can tell of it, never its bytes. */
function placeOfMemory(file, { rule, endpoint, filename, type, metadata, method, resume = true }) {
  const name = filename ?? file.name;
  const about = [name, file.size, file.lastModified ?? 0, plainType(type ?? file.type)];
  const facts = [withoutToken(baseOf(endpoint)), rule, ...about, metadata ?? null, method ?? null];
  return { name: memoryPrefix + JSON.stringify(facts), storage: resume && name && file.size > 0 ? pageStorage() : null };
}

function memory(storage, name) {
  const trying = (action) => {
    try {
      return action();
    } catch {
      // Full or forbidden storage costs the resuming, not the upload.
      return null;
    }
  };
  const load = (name) => trying(() => JSON.parse(storage.getItem(name)));
  const isOver = (state) => !state?.ticket?.grant || !(Date.parse(state.ticket.expiresAt) - Date.now() > 60_000);
  return {
    load() {
      for (const each of Object.keys(storage ?? {})) {
        if (each.startsWith(memoryPrefix) && isOver(load(each))) storage.removeItem(each);
      }
      return storage && load(name);
    },
    save: (state) => trying(() => storage?.setItem(name, JSON.stringify(state))),
    clear: () => trying(() => storage?.removeItem(name)),
  };
}

function pageStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
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
  return mayPass(error) && !(error.retryAfterSeconds > longestRetryAfterSeconds);
}

function mayPass(error) {
  if (!(error instanceof CountersignError)) return false;
  const isBusy = error.status === 409 && (error.source === 'bucket' || error.code === 'upload_busy');
  const transient = isBusy || [408, 429, 500, 502, 503, 504].includes(error.status);
  // S3 can say these in an answer that began as a 200, too.
  return transient || ['network_failure', 'RequestTimeout', 'InternalError', 'SlowDown', 'ServiceUnavailable'].includes(error.code);
}

/** Whether the service or the bucket has said no, for good, to the upload itself: not to a caller whose token has ended. */
function isFinal(error) {
  return error instanceof CountersignError && !mayPass(error) && error.status !== 401;
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
    if (phase === 'sending' && (loaded === 0 || !first)) {
      samples.length = 0;
      first = { now, loaded };
    }
    samples.push({ now, loaded });
    while (samples.length > 2 && now - samples[0].now > 3_000) samples.shift();
    const from = (phase === 'done' && first) || samples[0];
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
