package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// decoderOf returns a page decoder that reads no file.
func decoderOf(t recordtest.T) *pageDecoder {
	t.Helper()
	made, err := newPageDecoder(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	made.close()
	return made
}

// slack is a page's body as the page decoder returns it.
func slack(body []byte) []byte {
	decoded := room(nil, len(body))
	copy(decoded, body)
	return decoded
}

// Texts come back in order however pages change between a dictionary and texts,
// and however many are taken at once.
func TestTextsWaitInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "email", "a text of thirty-three characters", strings.Repeat("seventy ", 9), "x\x00y"}), rapid.StringN(0, 200, -1))
		known := rapid.SliceOfN(text, 1, 9).Draw(t, "dictionary")
		decoder := decoderOf(t)
		buffer := newValueBuffer(&node{column: schema.Column{Type: schema.String}}, decoder).(*textBuffer)
		buffer.clear()
		var dictionary textList
		dictionary.truncate(0)
		for _, value := range known {
			dictionary.append([]byte(value))
		}
		add := func(encode func() ([]byte, error), page page, count int) {
			body, err := encode()
			if err != nil {
				t.Fatal(err)
			}
			page.body = slack(body)
			if err := buffer.decode(decoder, &page, count); err != nil {
				t.Fatal(err)
			}
		}
		first := page{dictionary: true}
		first.NumValues = int32(len(known))
		add(func() ([]byte, error) { return parquet.Plain.EncodeByteArray(nil, dictionary.text, dictionary.ends) }, first, len(known))

		var want, got []string
		for range rapid.IntRange(1, 8).Draw(t, "pages") {
			var data page
			count := rapid.IntRange(1, 20).Draw(t, "count")
			switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); kind {
			case 0:
				indices := rapid.SliceOfN(rapid.Int32Range(0, int32(len(known)-1)), count, count).Draw(t, "indices")
				for _, place := range indices {
					want = append(want, known[place])
				}
				data.Encoding = format.RLEDictionary
				add(func() ([]byte, error) { return parquet.RLEDictionary.EncodeInt32(nil, indices) }, data, count)
			default:
				var list textList
				list.truncate(0)
				for _, value := range rapid.SliceOfN(text, count, count).Draw(t, "texts") {
					list.append([]byte(value))
					want = append(want, value)
				}
				with := []encoding.Encoding{&parquet.DeltaByteArray, &parquet.DeltaLengthByteArray, &parquet.Plain}[kind-1]
				data.Encoding = with.Encoding()
				add(func() ([]byte, error) { return with.EncodeByteArray(nil, list.text, list.ends) }, data, count)
			}
			got = append(got, taken(buffer, rapid.IntRange(0, len(want)-len(got)).Draw(t, "take"))...)
		}
		got = append(got, taken(buffer, len(want)-len(got))...)
		if !slices.Equal(got, want) {
			t.Fatalf("%q instead of %q", got, want)
		}
		if buffer.size() != 0 {
			t.Fatalf("%d bytes are left", buffer.size())
		}
	})
}

// taken takes texts as a record does.
func taken(buffer *textBuffer, count int) (texts []string) {
	buffers := buffer.buffers(count, make([]uint8, count), 0)
	ends := buffers[1].Bytes()
	for i := range count {
		texts = append(texts, string(buffers[2].Bytes()[binary.LittleEndian.Uint32(ends[4*i:]):binary.LittleEndian.Uint32(ends[4*i+4:])]))
	}
	return texts
}

func TestDeltasOfAnyWidthComeBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for width := range 65 {
		for count := range 300 {
			want := make([]int64, count)
			for i := range want {
				want[i] = int64(random.Uint64() >> (64 - width))
			}
			body, err := parquet.DeltaBinaryPacked.EncodeInt64(nil, want)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]int64, count)
			if err := decodeWhole(got, slack(body)); err != nil || !slices.Equal(got, want) {
				t.Fatalf("%v instead of %v: %v", got, want, err)
			}
			for _, other := range []int{count - 1, count + 1} {
				if other >= 0 && decodeWhole(make([]int64, other), slack(body)) == nil {
					t.Fatalf("%d values are read as %d", count, other)
				}
			}
			if count > 0 && decodeWhole(got, slack(body[:len(body)-1])) == nil {
				t.Fatalf("%d values are read without their end", count)
			}
		}
	}
}

// Any body is decoded as the library decodes it, or refused.
func FuzzAnyBodyIsDecodedAsTheLibraryDoesOrRefused(f *testing.F) {
	var list textList
	list.truncate(0)
	for i := range 40 {
		list.append(fmt.Appendf(nil, "ibx_%d", i*i))
	}
	encodings := []encoding.Encoding{&parquet.DeltaByteArray, &parquet.DeltaLengthByteArray, &parquet.RLEDictionary, &parquet.Plain}
	for kind, with := range encodings {
		if with == encoding.Encoding(&parquet.RLEDictionary) {
			continue
		}
		body, err := with.EncodeByteArray(nil, list.text, list.ends)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(kind), uint16(40), body)
	}
	body, err := parquet.RLEDictionary.EncodeInt32(nil, []int32{0, 1, 39, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(2), uint16(14), body)
	f.Fuzz(func(t *testing.T, kind uint8, count uint16, body []byte) {
		if count == 0 {
			return
		}
		with := encodings[int(kind)%len(encodings)]
		decoder := decoderOf(t)
		buffer := &textBuffer{fits: decoder.fits}
		buffer.clear()
		for _, value := range list.all() {
			buffer.dictionary.append(value)
		}
		buffer.dictionary.text = slices.Grow(buffer.dictionary.text, bodySlack)
		var data page
		data.Encoding, data.body = with.Encoding(), slack(body)
		if err := buffer.decode(decoder, &data, int(count)); err != nil {
			if !errors.Is(err, errDamaged) {
				t.Errorf("%v is not of damage", err)
			}
			return
		}
		var want []string
		if with.Encoding() == format.RLEDictionary {
			indices, err := parquet.RLEDictionary.DecodeInt32(nil, slices.Clone(data.body))
			if err != nil {
				t.Fatal(err)
			}
			for _, place := range indices[:count] {
				want = append(want, string(list.at(int(place))))
			}
		} else {
			var back textList
			if back.text, back.ends, err = with.DecodeByteArray(nil, slices.Clone(data.body), nil); err != nil {
				t.Fatal(err)
			}
			for _, value := range back.all() {
				want = append(want, string(value))
			}
		}
		if got := taken(buffer, int(count)); !slices.Equal(got, want) {
			t.Errorf("%q instead of %q", got, want)
		}
	})
}

func TestATextSharesNoMoreThanThereIs(t *testing.T) {
	many := make([]int64, 1000)
	for i := range many {
		many[i] = 1 << 20
	}
	for name, test := range map[string]struct{ prefixes, lengths []int64 }{
		"more than the text before":           {[]int64{0, 4}, []int64{3, 1}},
		"with nothing before":                 {[]int64{1}, []int64{3}},
		"less than nothing":                   {[]int64{0, -1}, []int64{3, 3}},
		"a mebibyte, with a thousand of them": {append([]int64{0}, many...), append([]int64{1 << 20}, make([]int64, len(many))...)},
	} {
		var body []byte
		for _, values := range [][]int64{test.prefixes, test.lengths} {
			part, err := parquet.DeltaBinaryPacked.EncodeInt64(nil, values)
			if err != nil {
				t.Fatal(err)
			}
			body = append(body, part...)
		}
		var data page
		for _, length := range test.lengths {
			body = append(body, make([]byte, length)...)
		}
		data.Encoding, data.body = format.DeltaByteArray, slack(body)
		decoder := decoderOf(t)
		buffer := &textBuffer{fits: decoder.fits}
		buffer.clear()
		if err := buffer.decode(decoder, &data, len(test.prefixes)); !errors.Is(err, errDamaged) && !errors.Is(err, exporter.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if cap(buffer.list.text) > int(decoder.maxPage) {
			t.Errorf("%s: %d bytes were allocated", name, cap(buffer.list.text))
		}
	}
}
