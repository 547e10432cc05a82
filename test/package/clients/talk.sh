#!/usr/bin/env bash
# A client that is nothing but bash and a program that connects a socket with a pipe.
#
#     talk.sh nc|socat json|sockhop PORT|PATH
#
# It writes what the server sends to stdout, line by line. The server has to do as clients.test.ts does.
set -euo pipefail

tool=$1 language=$2 place=$3

case $tool:$place in
    nc:/*) command=(nc -U -N "$place") ;; # -N: the end of what we write is told to the server
    nc:*) command=(nc -N 127.0.0.1 "$place") ;;
    socat:/*) command=(socat -t 5 - "UNIX-CONNECT:$place") ;; # -t: how long it then waits for the server, in seconds
    socat:*) command=(socat -t 5 - "TCP:127.0.0.1:$place") ;;
esac

coproc PEER { exec "${command[@]}"; }
# Bash forgets PEER when the program has ended, and there may still be something to read.
exec {from}<&"${PEER[0]}" {to}>&"${PEER[1]}"
eval "exec ${PEER[1]}>&-" # so that closing `to` is the end

say() {
    printf '%s\n' "$1" >&"$to"
}

hear() {
    IFS= read -r -t 5 -u "$from" line
    printf '%s\n' "$line"
}

if [ "$language" = json ]; then
    say '{"name":"world"}'
    hear
    say '["é→😀",null]'
    hear
else
    # A message, and what the server makes of it
    say '{"type":"Greeting","data":{"name":"world"}}'
    hear
    # A question, by an id
    say '{"type":"String","data":"how are you?","id":"question-1"}'
    hear
    # The server asks in turn. Its id comes back as it is.
    say '{"type":"String","data":"ask me"}'
    hear
    id=$(printf '%s\n' "$line" | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')
    say '{"type":"String","data":"I am a shell","callback_id":"'"$id"'"}'
    hear
    # A request whose answer has several parts, and one that fails
    say '{"type":"SockhopRequest","data":{"uuid":"request-1","type":"Number","data":2,"errors":true}}'
    hear
    hear
    hear
    say '{"type":"SockhopRequest","data":{"uuid":"request-2","type":"Number","data":-1,"errors":true}}'
    hear
    # A sign of life
    say '{"type":"SockhopPing","data":{"_id":"ping-1","_created":"2026-01-01T00:00:00.000Z"}}'
    hear
fi

# What is said last arrives, and what the server has still to say is heard after the end of our side.
say "$([ "$language" = json ] && echo '{"name":"bye"}' || echo '{"type":"Greeting","data":{"name":"bye"}}')"
exec {to}>&-
cat <&"$from"
