/** A Fetch request as far as the tap looks at it: length, API key, version, correlation id. */
export const REQUEST = Buffer.from('00000008' + '0001' + '000f' + '00000001', 'hex');

/** An answer of so many bytes, which begins as it has to and is zeros then. */
export function anAnswer(bytes: number): Buffer {
  const answer = Buffer.alloc(bytes);
  answer.writeInt32BE(bytes - 4);
  answer.writeInt32BE(1, 4);
  return answer;
}
