package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// verifyPointed verifies the file that a pointer names, and the pointer.
func verifyPointed(ctx context.Context, from verifier, at tableExports) (result Verification, err error) {
	if at.broken != nil {
		return Verification{}, at.broken
	}
	file, pointer, err := openPointed(ctx, from.locator, at.destination, at.table.Name)
	if err != nil {
		return Verification{}, fmt.Errorf("%s: %w", at.url(), err)
	}
	defer func() { err = errors.Join(err, file.close()) }()
	url := at.destination.URL(pointer.File)
	if result, err = verifyFile(ctx, from.temporary, file, url); err != nil {
		return Verification{}, err
	}
	result.Pointer = at.url()
	names, err := at.destination.List(ctx, at.table.Name)
	if err != nil {
		return Verification{}, fmt.Errorf("%s: %w", at.destination.URL(at.table.Name), unreadable(err))
	}
	same, err := checkPointed(ctx, file, pointer)
	if err != nil {
		return Verification{}, fmt.Errorf("%s: %w", url, err)
	}
	result.Checks = append(result.Checks, same, checkVersions(pointer, names))
	return result, nil
}

// checkPointed compares the file with what the pointer says about it.
func checkPointed(ctx context.Context, file opened, pointer *pointed) (Check, error) {
	const name = "pointer"
	inPointer, err := json.Marshal(stated(pointer.Manifest))
	if err != nil {
		return Check{}, err
	}
	inFile, err := json.Marshal(stated(file.manifest))
	if err != nil {
		return Check{}, err
	}
	hash := sha256.New()
	for at, part := int64(0), int64(4<<20); at < file.object.Size(); at += part {
		if ctx.Err() != nil {
			return Check{}, ctx.Err()
		}
		if _, err := io.Copy(hash, io.NewSectionReader(file.reads, at, part)); err != nil {
			return Check{}, unreadable(err)
		}
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	switch {
	case pointer.Bytes != file.object.Size():
		return checked(name, false, "it says that the file has %d bytes, the file has %d", pointer.Bytes, file.object.Size()), nil
	case pointer.SHA256 != sum:
		return checked(name, false, "it says that the SHA-256 of the file is %.64s, the file has %s", pointer.SHA256, sum), nil
	case string(inPointer) != string(inFile):
		return checked(name, false, "its manifest is not that of the file"), nil
	}
	return checked(name, true, "it names this file, sha256 %s", sum), nil
}

// checkVersions looks for the files of the earlier versions.
func checkVersions(pointer *pointed, names []string) Check {
	const name = "versions"
	missing := slices.DeleteFunc(slices.Clone(pointer.Versions), func(one exporter.StoredFile) bool { return slices.Contains(names, one.File) })
	if len(missing) > 0 {
		return checked(name, false, "%d of %d are missing, the newest of them %s", len(missing), len(pointer.Versions), missing[0].File)
	}
	return checked(name, true, "%d, this one included", len(pointer.Versions))
}
