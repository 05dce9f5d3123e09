#!/bin/sh
# The command line itself: the table of commands, their help, and mistakes.
# shellcheck disable=SC1091,SC2016 # tap.sh is checked by itself; ok runs the commands
. "$(dirname "$0")/../tap.sh"

ok 'without a command it shows how it is used, as a mistake' '
    exits 2 "$MASTHEAD"
    is out ""
    has err "usage: masthead COMMAND"'

ok 'the help lists every command and no hidden one' '
    exits 0 "$MASTHEAD" --help
    is err ""
    for command in serve check playlist guide status reload healthcheck; do
        grep -q "^  $command  " out
    done
    lacks out worker'

ok '-h and help are the same help' '
    "$MASTHEAD" --help >want
    exits 0 "$MASTHEAD" -h && cmp out want
    exits 0 "$MASTHEAD" help && cmp out want'

ok 'it tells its version' '
    exits 0 "$MASTHEAD" --version
    grep -q "^masthead [0-9a-z]" out
    [ "$(wc -l <out)" -eq 1 ]'

for command in serve check playlist guide status reload healthcheck; do
    ok "$command --help and help $command are the same, on stdout" "
        exits 0 \"\$MASTHEAD\" $command --help
        is err ''
        has out 'usage: masthead $command '
        mv out want
        exits 0 \"\$MASTHEAD\" help $command
        cmp out want
        exits 0 \"\$MASTHEAD\" $command -h
        cmp out want"

    ok "$command refuses an option that it does not have" "
        exits 2 \"\$MASTHEAD\" $command --no-such-option
        is out ''
        has err \"masthead $command: unknown option '--no-such-option'\""
done

ok 'help fits into 100 columns' '
    for command in serve check playlist guide status reload healthcheck; do
        "$MASTHEAD" $command --help
    done >all
    "$MASTHEAD" --help >>all
    ! grep -E ".{101}" all'

ok 'a mistyped command gets the nearest name' '
    exits 2 "$MASTHEAD" sevre
    has err "masthead: ${q}sevre${q} is not a command; did you mean ${q}serve${q}?"
    exits 2 "$MASTHEAD" help chekc
    has err "did you mean ${q}check${q}?"'

ok 'an unknown command is told with where to look' '
    exits 2 "$MASTHEAD" frobnicate
    has err "masthead: ${q}frobnicate${q} is not a command"
    has err "masthead --help"
    lacks err "did you mean"'

ok 'an option without its value says what it needs' '
    exits 2 "$MASTHEAD" serve --config
    has err "masthead serve: --config needs a value: --config FILE"'

ok 'serve takes no operand' '
    exits 2 "$MASTHEAD" serve masthead.yaml
    has err "masthead serve: one too many: ${q}masthead.yaml${q}"'

# A full device takes nothing: what was asked for did not arrive.
if [ -c /dev/full ]; then
    ok 'a result that cannot be written is a failure' '
        got=0
        "$MASTHEAD" check --example >/dev/full 2>err || got=$?
        [ $got -eq 1 ]
        has err "cannot write to stdout: No space left on device"'
fi

done_testing
