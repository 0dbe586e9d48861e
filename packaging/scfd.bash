# bash completion for scfd(8)
_scfd() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands='serve migrate check-config config import verify audit openapi healthcheck
        completion version help'
    local flags='--config --data --listen --database-url --public-base-url --signing-key-file
        --origin --log-level --log-format --http-threads --service-threads --worker-threads
        --max-connections --client-timeout-s --max-body-bytes --max-bulk-bytes --intake-queue
        --seal-interval-ms --shutdown-delay-s --drain-timeout-s --idempotency-ttl-h
        --rating-window-days'
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
        return
    fi
    case $previous in
    --config | --signing-key-file | --key | --body) mapfile -t COMPREPLY < <(compgen -f -- "$current") ; return ;;
    --data) mapfile -t COMPREPLY < <(compgen -d -- "$current") ; return ;;
    --kind) mapfile -t COMPREPLY < <(compgen -W 'enterprise contract workflow_event invoice guarantee' \
        -- "$current") ; return ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'error warn info debug' -- "$current") ; return ;;
    --log-format) mapfile -t COMPREPLY < <(compgen -W 'json text' -- "$current") ; return ;;
    esac
    case ${COMP_WORDS[1]} in
    migrate) flags="--plan --check $flags" ;;
    import) flags="--kind $flags" ;;
    verify) flags='--key --body' ;;
    config) flags="example dump $flags" ;;
    version) flags=--json ;;
    esac
    if [[ $current == -* || ${COMP_WORDS[1]} == config ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -F _scfd scfd
