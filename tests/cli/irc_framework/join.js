// One client of irc-framework, steered by lines of JSON on stdin, [METHOD, ARGUMENTS...], that tells each of its events by such
// a line on stdout, [NAME, EVENT].
//
//   node join.js '{"host": "127.0.0.1", "port": 8000, "nick": "alice", "websocket": true, "caps": ["draft/chathistory"]}'
'use strict';

const readline = require('readline');
const { WebSocket } = require('ws');
const { Client } = require('irc-framework');

// What a browser has.
global.WebSocket = WebSocket;

const { websocket, caps, ...options } = JSON.parse(process.argv[2]);
if (websocket) options.transport = require('irc-framework/src/transports/websocket');

const tell = (name, event) => process.stdout.write(JSON.stringify([name, event === undefined ? null : event]) + '\n');

const client = new Client();
client.requestCap(caps);
client.use((_, raw, parsed) => {
    parsed.use((name, event, __, next) => {
        tell(name, event);
        next();
    });
});
client.on('close', () => tell('close'));
client.connect({ auto_reconnect: false, ...options });

readline.createInterface({ input: process.stdin })
    .on('line', (line) => {
        const [method, ...given] = JSON.parse(line);
        client[method](...given);
    })
    .on('close', () => process.exit());
