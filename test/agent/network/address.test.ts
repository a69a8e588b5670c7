import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
  addressKey,
  formatCidr,
  inSameSubnet,
  parseAddress,
  parseCidr,
  sameAddress,
} from '../../../agent/network/address.ts';
import {Refused} from '../../../agent/refusal.ts';

for (const [one, other] of [
  ['10.0.0.50', '10.0.0.50'],
  ['2001:DB8::50', '2001:db8:0:0:0:0:0:50'],
  ['2001:db8::0050', '2001:0db8::50'],
  ['::1', '0:0:0:0:0:0:0:1'],
  ['::', '0::0'],
  ['::ffff:10.0.0.50', '::FFFF:a00:32'],
] as const) {
  test(`${one} and ${other} are the same address`, () => {
    assert.ok(sameAddress(parseAddress(one), parseAddress(other)));
    assert.equal(addressKey(parseAddress(one)), addressKey(parseAddress(other)));
  });
}

for (const [one, other] of [
  ['10.0.0.5', '10.0.0.50'],
  ['10.0.0.50', '110.0.0.50'],
  ['10.0.0.50', '::ffff:10.0.0.50'],
  ['10.0.0.50', '::a00:32'],
  ['2001:db8::5', '2001:db8::50'],
  ['2001:db8::1:0', '2001:db8::1'],
] as const) {
  test(`${one} and ${other} are different addresses`, () => {
    assert.ok(!sameAddress(parseAddress(one), parseAddress(other)));
    assert.notEqual(addressKey(parseAddress(one)), addressKey(parseAddress(other)));
  });
}

for (const [text, problem] of [
  ['10.0.0.50', /prefix length is missing/],
  ['10.0.0.50/', /from 1 to 32/],
  ['10.0.0.50/0', /from 1 to 32/],
  ['10.0.0.50/33', /from 1 to 32/],
  ['10.0.0.50/024', /from 1 to 32/],
  ['10.0.0.50/24/24', /from 1 to 32/],
  ['10.0.0.50/255.255.255.0', /from 1 to 32/],
  ['2001:db8::50/129', /from 1 to 128/],
  ['10.0.0.256/24', /not an IPv4 or IPv6 address/],
  ['010.0.0.50/24', /not an IPv4 or IPv6 address/],
  ['db10/24', /not an IPv4 or IPv6 address/],
  ['', /not an IPv4 or IPv6 address/],
  ['fe80::1%eth0/64', /zone/],
] as const) {
  test(`${JSON.stringify(text)} is refused with the reason`, () => {
    assert.throws(
      () => parseCidr(text),
      (error: unknown) => error instanceof Refused && error.reason === 'INVALID' && problem.test(error.message),
    );
  });
}

test('an address is written as it was given', () => {
  assert.equal(formatCidr(parseCidr('2001:DB8::50/64')), '2001:DB8::50/64');
});

test('a subnet is the same only with the same prefix and the same prefix length', () => {
  const vip = parseCidr('10.0.0.50/24');
  assert.ok(inSameSubnet(vip, parseCidr('10.0.0.1/24')));
  assert.ok(!inSameSubnet(vip, parseCidr('10.0.1.1/24')));
  assert.ok(!inSameSubnet(vip, parseCidr('10.0.0.1/16')));
  assert.ok(inSameSubnet(parseCidr('2001:db8::1/64'), parseCidr('2001:db8::ffff:1/64')));
  assert.ok(!inSameSubnet(parseCidr('2001:db8::1/64'), parseCidr('2001:db8:0:1::1/64')));
});
