// One POST /invoices: parse and validate the body, SHA-256 the bytes, insert one row, answer 201.
// The same columns and indexes as scfd.record, one durable commit per request, a pool of 16
// connections: what a careful Node service does.
'use strict'
const { createHash, randomUUID, randomBytes } = require('node:crypto')
const fastify = require('fastify')({ logger: false, bodyLimit: 2 * 1024 * 1024 })
const { Pool } = require('pg')

const pool = new Pool({ host: process.env.BENCH_PGHOST, port: Number(process.env.BENCH_PGPORT),
  user: process.env.BENCH_PGUSER, database: 'scfd', max: 16 })
const chain = randomUUID()
let leaf = 0

const money = { type: 'string', pattern: '^-?(0|[1-9]\\d{0,15})(\\.\\d{1,2})?$' }
const party = { type: 'object', required: ['name', 'tax_no'],
  properties: { name: { type: 'string' }, tax_no: { type: 'string' } } }
const schema = { type: 'object',
  required: ['external_id', 'kind', 'invoice_no', 'issued_on', 'seller', 'buyer', 'amount_excl_tax',
    'tax_amount', 'total_amount', 'currency', 'lines'],
  properties: { external_id: { type: 'string', maxLength: 128 }, kind: { type: 'string' },
    invoice_no: { type: 'string' }, issued_on: { type: 'string', format: 'date' }, seller: party,
    buyer: party, amount_excl_tax: money, tax_amount: money, total_amount: money,
    currency: { type: 'string', minLength: 3, maxLength: 3 }, lines: { type: 'array', minItems: 1 } } }

fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
  request.raw.bytes = body
  try { done(null, JSON.parse(body)) } catch (error) { error.statusCode = 400; done(error) }
})

const insert = { name: 'insert_record', text: `
  INSERT INTO bench.record_node (chain_id, leaf_index, id, kind, external_id, received_at, leaf_hash,
    body_sha256, salt, body, business_key, contract_key, enterprise_id, counterparty_id, happened_at,
    amount, currency, template_id, weight_expected, weight_present, range_ok, measures)
  VALUES ($1,$2,$3,3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,1,20000000,19000000,true,$17)` }

fastify.post('/invoices', { schema: { body: schema } }, async (request, reply) => {
  const body = request.body
  const bytes = request.raw.bytes
  const digest = createHash('sha256').update(bytes).digest()
  const salt = randomBytes(16)
  const id = randomUUID()
  const now = new Date()
  const index = leaf++
  const text = `scfd-record/v1\nid ${id}\nkind invoice\nnode ${chain}\n` +
    `external_id ${body.external_id}\nreceived_at ${now.toISOString()}\n` +
    `body_sha256 ${digest.toString('hex')}\nsalt ${salt.toString('hex')}\n`
  const leafHash = createHash('sha256').update('\0').update(text).digest()
  await pool.query({ ...insert, values: [chain, index, id, body.external_id, now, leafHash, digest, salt,
    bytes, randomUUID(), chain, chain, chain, body.issued_on,
    Math.round(Number(body.total_amount) * 100), body.currency, Buffer.alloc(9)] })
  return reply.code(201).send({ id, external_id: body.external_id, received_at: now,
    sha256: digest.toString('hex'), chain: { id: chain, index, leaf_hash: leafHash.toString('hex') } })
})

fastify.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
