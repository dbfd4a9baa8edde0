/**
 * How a client says who it is. These are not among the APIs that a tap reads: they hold passwords.
 *
 * Source: SaslHandshakeRequest.json and its like, Kafka 4.3.1; SaslAuthenticate without version 2,
 * which only says the same in the flexible way.
 */
import { arrayOf, f, message, type Api } from './schema.ts';

export const SASL_HANDSHAKE: Api = {
  name: 'SaslHandshake',
  key: 17,
  request: message('0-1', null, [f('mechanism', 'string')]),
  response: message('0-1', null, [f('errorCode', 'int16'), f('mechanisms', arrayOf('string'))]),
};

export const SASL_AUTHENTICATE: Api = {
  name: 'SaslAuthenticate',
  key: 36,
  request: message('0-1', null, [f('authBytes', 'bytes')]),
  response: message('0-1', null, [
    f('errorCode', 'int16'),
    f('errorMessage', 'string', '0+', { nullable: '0+' }),
    f('authBytes', 'bytes'),
    f('sessionLifetimeMs', 'int64', '1+'),
  ]),
};
