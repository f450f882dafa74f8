package client

import (
	"bytes"
	"encoding/json"
	"strings"
)

// isPage reports whether a body is a web page: by what it is, since content
// types are not to be trusted.
func isPage(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")), " \t\r\n")
	return len(body) > 0 && body[0] == '<'
}

// jsonMessage finds the text in `{"message":"…"}`, `{"error":"…"}`,
// `{"error":{"code":"…","message":"…"}}` and in a lone JSON string.
func jsonMessage(body []byte) (string, bool) {
	var lone string
	if json.Unmarshal(body, &lone) == nil {
		return lone, true
	}
	var object struct {
		Message json.RawMessage `json:"message"`
		Error   json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &object) != nil {
		return "", false
	}
	for _, value := range []json.RawMessage{object.Message, object.Error} {
		if text := jsonText(value); text != "" {
			return text, true
		}
	}
	return "", false
}

// jsonText is the text of a string, or of an object with a message, a code or both.
func jsonText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return strings.TrimSpace(text)
	}
	var object struct {
		Code    json.RawMessage `json:"code"`
		Message string          `json:"message"`
	}
	if json.Unmarshal(value, &object) != nil {
		return ""
	}
	if object.Message != "" {
		return strings.TrimSpace(object.Message)
	}
	return strings.Trim(string(object.Code), `"`)
}
