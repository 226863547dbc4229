import { describe, expect, it } from 'vitest';
import { identityOf, identityOfToken } from '../../src/session/identity';

function token(claims: object): string {
  return `head.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
}

describe('who is at the keyboard', () => {
  it('has the id that the server makes of a token’s subject, or own messages would be those of a stranger', () => {
    expect(identityOfToken(token({ sub: 'auth0|ann' }))?.userId).toBe('auth0%7Cann');
    expect(identityOfToken(token({ sub: 'Zoë@example.com' }))?.userId).toBe('Zo%C3%AB@example.com');
    expect(identityOfToken(token({ sub: 'a%b' }))?.userId).toBe('a%25b');
  });

  it('has the name and the role of the token, and no more of the name than the server keeps', () => {
    expect(identityOfToken(token({ sub: 'u', name: 'Ünal', role: 'owner', rooms: ['a', 1, 'b'] }))).toMatchObject({ username: 'Ünal', role: 'owner', rooms: ['a', 'b'] });
    expect(identityOfToken(token({ sub: 'u', name: '🐱'.repeat(60), role: 'king' }))).toMatchObject({ username: '🐱'.repeat(50), role: 'viewer' });
    for (const broken of ['', 'a.b.c', token({ name: 'Nobody' }), token([])]) expect(identityOfToken(broken)).toBeNull();
  });

  it('is told apart from others of the same name', () => {
    expect(identityOf('Ann Ött', '1a2b3c').userId).toMatch(/^ann-o-?tt-1a2b3c$/);
    expect(identityOf('李', 'x').userId).toBe('guest-x');
  });
});
