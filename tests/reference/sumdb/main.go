// Verifies what Pointsman seals with Go's checksum database code (golang.org/x/mod/sumdb), which comes with Go.
//
// Reads JSON from stdin: a signed note and its verifier key; a proof that a leaf is in the tree, and one that an earlier
// tree is its beginning. Ends with an error if one of them is not valid.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type hash = []byte

type claim struct {
	Note, Key        string
	Leaf             []byte
	Number, Size     int64
	Root             hash
	Inclusion        []hash
	Old              int64
	OldRoot          hash
	Consistency      []hash
}

func main() {
	var all []claim
	must(json.NewDecoder(os.Stdin).Decode(&all))
	for _, c := range all {
		verifier, err := note.NewVerifier(c.Key)
		must(err)
		opened, err := note.Open([]byte(c.Note), note.VerifierList(verifier))
		must(err)
		tree := fmt.Sprintf("%d\n%s\n", c.Size, of(c.Root))
		if len(opened.Sigs) != 1 || len(opened.Text) < len(tree) || opened.Text[len(opened.Text)-len(tree):] != tree {
			must(fmt.Errorf("the note is of another tree than %s", tree))
		}
		must(tlog.CheckRecord(many(c.Inclusion), c.Size, of(c.Root), c.Number, tlog.RecordHash(c.Leaf)))
		must(tlog.CheckTree(many(c.Consistency), c.Size, of(c.Root), c.Old, of(c.OldRoot)))
	}
	fmt.Println(len(all))
}

func of(data hash) (one tlog.Hash) {
	copy(one[:], data)
	return
}

func many(hashes []hash) (all []tlog.Hash) {
	for _, one := range hashes {
		all = append(all, of(one))
	}
	return
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
