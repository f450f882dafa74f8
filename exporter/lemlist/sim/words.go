package sim

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// words is what made-up people and mails are put together from. All of it is
// invented; addresses are under example.com.
type words struct {
	first, last, odd            []string
	subjects, previews, replies []string
	known, unknown              []string // channels
	opportunities, companies    []string
	labels, colors              []string
}

func newWords() words {
	return words{
		first: []string{
			"Ada", "Bram", "Chloé", "Dario", "Elif", "Fenna", "Goran", "Hana", "Ines", "Jonas", "Kaja", "Łukasz",
			"Mina", "Noor", "Oskar", "Pia", "Quentin", "Rosa", "Søren", "Tomás", "Ulla", "Vera", "Wim", "Zoë",
		},
		last: []string{
			"Abel", "Brandt", "Cabrera", "Dubois", "Ekström", "Fischer", "García", "Horvat", "Ivanova", "Jansen",
			"Kovač", "Lindqvist", "Moreau", "Novák", "O'Neil", "Petrov", "Quist", "Ruiz", "Šimić", "Tanaka",
			"Urbán", "Vos", "Weiß", "Yıldız", "Zeman",
		},
		odd: []string{
			"ليلى الحسن", "נועה לוי", "王小明", "さくら", "🦄 Sam", "👩‍👩‍👧 Family", "A.", "Null", "Robert'); DROP",
			`Ann "Annie" Back\slash`, "Tab\tand\nnewline", "right\u202eleft", "line\u2028break", "e\u0301 combined", " ",
			strings.Repeat("Wolkenkratzer-von-und-zu-", 14) + "Lang", "\x01control",
		},
		subjects: []string{
			"Quick question", "Your spring campaign", "Re: our call on Tuesday", "Idea for the team 💡",
			"Following up", "Numbers you asked for", "Une question rapide", "خطوة تالية",
		},
		previews: []string{
			"Hello, I saw that your team is growing and wondered who looks after the tooling for the people who write to customers these days.",
			"Thanks for connecting! Would a short call next week make sense? I can share how others of your size went about it.",
			"Just floating this back to the top of your inbox, no hurry at all 🙂 I am happy to wait until after the fair.",
			"As promised, the summary: three things worked, one did not, and the second list brought most of the answers we got.",
		},
		replies: []string{
			"Sounds good, let us talk on Thursday.", "Not now, please ask again in autumn.", "Who gave you this address?",
			"Sure! Can you send me the \"long\" version first?",
		},
		known:         []string{"linkedin", "whatsapp", "sms"},
		unknown:       []string{"aircall", "call", "carrier-pigeon"},
		opportunities: []string{"manual", "phone", "email", "linkedinSend", "whatsappMessage", "sms"},
		labels:        []string{"Interested", "Later 🕰", "Not interested", "Wrong person", "À rappeler", "مهتم", "Say \"no\"", "interested"},
		colors:        []string{"#2F9E44", "#1971C2", "#E03131", "#F08C00", "#000000"},
		companies:     []string{"Fennel & Sons", "Blue Harbour", "Quartz Works", "Lantern Post"},
	}
}

// person is the other side of a conversation. Either part may be "".
type person struct{ name, email string }

// person returns the person of row n. Half of them have no name, some no address.
func (w *words) person(seed uint64, n uint32) person {
	dice := newStream(seed, topicPerson, uint64(n), 0)
	first, last := pick(&dice, w.first), pick(&dice, w.last)
	p := person{email: "contact-" + strconv.FormatUint(uint64(n), 10) + "@example.com"}
	switch kind := dice.below(32); {
	case kind < 3:
		p.name = pick(&dice, w.odd)
	case kind < 17:
		p.name = first + " " + last
	case kind < 20:
		initial, _ := utf8.DecodeRuneInString(last)
		p.name = first + " " + string(initial) + "." // LinkedIn abbreviates
		p.email = ""
	case kind < 21:
		p.email = "not an address"
	}
	return p
}

// day is a day in milliseconds.
const day = 24 * int64(time.Hour/time.Millisecond)
