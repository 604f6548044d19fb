namespace OciRun.Cli;

/// <summary>
/// What a shell must know to complete the words of ocirun: only how to ask it. So a script fits every version, and containers are those of the line's --root.
/// </summary>
internal static class CompletionScripts
{
    /// <summary>bash cuts words at = and : (COMP_WORDBREAKS): they are put together again, and what it holds to be done is cut off from the answers.</summary>
    internal static ReadOnlySpan<byte> Bash => """
        # bash completion of ocirun: eval "$(ocirun completion bash)", or a file of /usr/share/bash-completion/completions
        _ocirun() {
            local line words=() cut=() i done
            for ((i = 1; i <= COMP_CWORD; i++)); do
                if ((i > 1)) && [[ ${COMP_WORDS[i]} == [=:] || ${COMP_WORDS[i - 1]} == [=:] ]]; then
                    words[-1]+=${COMP_WORDS[i]}
                else
                    words+=("${COMP_WORDS[i]}")
                fi
            done
            local word=${COMP_WORDS[COMP_CWORD]}
            [[ $word != [=:] ]] || word=
            done=${words[-1]%"$word"}
            COMPREPLY=()
            while IFS= read -r line; do
                case $line in
                :files) compopt -o filenames; mapfile -t cut < <(compgen -f -- "$word"); COMPREPLY+=("${cut[@]}") ;;
                :directories) compopt -o filenames; mapfile -t cut < <(compgen -d -- "$word"); COMPREPLY+=("${cut[@]}") ;;
                *) line=${line%%$'\t'*}; COMPREPLY+=("${line#"$done"}") ;;
                esac
            done < <("$1" complete -- "${words[@]}" 2>/dev/null)
        }
        complete -F _ocirun ocirun

        """u8;

    internal static ReadOnlySpan<byte> Zsh => """
        #compdef ocirun
        # zsh completion of ocirun: source <(ocirun completion zsh) after compinit, or a file _ocirun in a directory of fpath
        _ocirun() {
            local -a lines names texts
            local line
            lines=("${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            for line in $lines; do
                case $line in
                :files) compset -P '*='; _files ;;
                :directories) compset -P '*='; _files -/ ;;
                *) names+=("${line%%$'\t'*}"); texts+=("${${line/$'\t'/  }%  }") ;;
                esac
            done
            ((! $#names)) || compadd -l -d texts -a names
        }
        if [[ $funcstack[1] == _ocirun ]]; then _ocirun "$@"; else compdef _ocirun ocirun; fi

        """u8;

    internal static ReadOnlySpan<byte> Fish => """
        # fish completion of ocirun: ocirun completion fish | source, or a file ocirun.fish in a directory of fish_complete_path
        function __ocirun_complete
            set -l words (commandline -opc)
            set -l word (commandline -ct)
            test -n "$word"; or set word ''
            for line in ($words[1] complete -- $words[2..-1] $word 2>/dev/null)
                switch $line
                    case :files
                        __fish_complete_path $word
                    case :directories
                        __fish_complete_directories $word
                    case '*'
                        echo $line
                end
            end
        end
        complete -c ocirun -f -a '(__ocirun_complete)'

        """u8;
}
