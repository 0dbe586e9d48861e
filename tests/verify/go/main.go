// An independent reader of a chain: golang.org/x/mod/sumdb (the code behind Go's checksum database)
// checks what a server serves as a C2SP tlog-tiles log. Nothing of the project's own code is in it.
//
//	verify PREFIX API-KEY VKEY NOTES-DIR
//
// PREFIX is the log's URL (…/v1/chains/ID). NOTES-DIR holds what was kept from elsewhere: *.checkpoint are
// older checkpoints, whose trees must be contained in the newest one; *.note are other notes that
// the key must have signed; *.tlog-proof are proofs, each beside its *.leaf. Ends with 0 and one line
// when everything holds.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type chain struct {
	prefix, key string
	verifiers   note.Verifiers
	origin      string
}

func (c *chain) get(path string) ([]byte, error) {
	request, err := http.NewRequest("GET", c.prefix+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != 200 {
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	return body, err
}

// tlog.TileReader: tile/8/L/N there is tile/L/N here.
func (c *chain) Height() int { return 8 }
func (c *chain) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := c.get("tile/" + strings.TrimPrefix(t.Path(), "tile/8/"))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}
func (c *chain) SaveTiles([]tlog.Tile, [][]byte) {}

func (c *chain) openCheckpoint(text []byte) (tlog.Tree, error) {
	var tree tlog.Tree
	n, err := note.Open(text, c.verifiers)
	if err != nil {
		return tree, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != c.origin {
		return tree, fmt.Errorf("not a checkpoint of %s", c.origin)
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func (c *chain) entries(size int64) ([][]byte, error) {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: 8, L: 0, N: n, W: 256}
		if left := size - n*256; left < 256 {
			tile.W = int(left)
		}
		data, err := c.get("tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/0/"))
		if err != nil {
			return nil, err
		}
		for i := 0; i < tile.W; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("entry bundle %d is cut off", n)
			}
			length := int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) > 0 {
			return nil, fmt.Errorf("entry bundle %d is too long", n)
		}
	}
	return all, nil
}

// The root, from the entries alone.
func rootOf(entries [][]byte) (tlog.Hash, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			hashes[i] = stored[at]
		}
		return hashes, nil
	})
	for i, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(i), entry, reader)
		if err != nil {
			return tlog.Hash{}, err
		}
		stored = append(stored, hashes...)
	}
	return tlog.TreeHash(int64(len(entries)), reader)
}

func (c *chain) checkEntries(tree tlog.Tree, hashes tlog.HashReader) error {
	entries, err := c.entries(tree.N)
	if err != nil {
		return err
	}
	root, err := rootOf(entries)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the entries have the root %v, the checkpoint %v", root, tree.Hash)
	}
	for i, entry := range entries {
		proof, err := tlog.ProveRecord(tree.N, int64(i), hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %v", i, err)
		}
	}
	return nil
}

// Both ways: a proof made from the tiles, and the one that the server makes.
func (c *chain) checkConsistency(old, tree tlog.Tree, hashes tlog.HashReader) error {
	proof, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return err
	}
	data, err := c.get(fmt.Sprintf("consistency?from=%d&to=%d", old.N, tree.N))
	if err != nil {
		return err
	}
	var answer struct{ Proof []tlog.Hash }
	if err := json.Unmarshal(data, &answer); err != nil {
		return err
	}
	return tlog.CheckTree(answer.Proof, tree.N, tree.Hash, old.N, old.Hash)
}

// c2sp.org/tlog-proof@v1
func (c *chain) checkProof(text string, leaf []byte) error {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" || len(lines) < 2 {
		return fmt.Errorf("not a c2sp.org/tlog-proof@v1")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		extra, err := base64.StdEncoding.DecodeString(lines[0][6:])
		if err != nil || string(extra) != string(leaf) {
			return fmt.Errorf("the extra data is not the leaf")
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return fmt.Errorf("no index")
	}
	index, err := strconv.ParseInt(lines[0][6:], 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		path = append(path, hash)
	}
	tree, err := c.openCheckpoint([]byte(checkpoint))
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

func (c *chain) checkKept(name string, tree tlog.Tree, hashes tlog.HashReader) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	switch filepath.Ext(name) {
	case ".checkpoint":
		old, err := c.openCheckpoint(text)
		if err != nil {
			return err
		}
		return c.checkConsistency(old, tree, hashes)
	case ".note":
		_, err := note.Open(text, c.verifiers)
		return err
	case ".tlog-proof":
		leaf, err := os.ReadFile(strings.TrimSuffix(name, ".tlog-proof") + ".leaf")
		if err != nil {
			return err
		}
		return c.checkProof(string(text), leaf)
	}
	return nil
}

func run(prefix, key, vkey, folder string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	c := &chain{prefix, key, note.VerifierList(verifier), verifier.Name()}
	text, err := c.get("checkpoint")
	if err != nil {
		return err
	}
	tree, err := c.openCheckpoint(text)
	if err != nil {
		return fmt.Errorf("checkpoint: %v", err)
	}
	hashes := tlog.TileHashReader(tree, c)
	if err := c.checkEntries(tree, hashes); err != nil {
		return err
	}
	kept, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	for _, name := range kept {
		if err := c.checkKept(name, tree, hashes); err != nil {
			return fmt.Errorf("%s: %v", filepath.Base(name), err)
		}
	}
	fmt.Printf("%d entries, %d kept files: all hold\n", tree.N, len(kept))
	return nil
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 5 {
		log.Fatal("usage: verify PREFIX API-KEY VKEY NOTES-DIR")
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		log.Fatal("FAILED ", err)
	}
}
