import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a reader in Java leaves for the judge: rows in the neutral form, and how many rows each question counts. */
final class Report {
  static final ObjectMapper JSON = new ObjectMapper().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

  /** A file as a reader opened it. */
  interface Table {
    List<Map<String, Object>> rows() throws Exception;

    /** The rows that a question counts; null when the reader has no such filter. */
    default Long count(JsonNode question) throws Exception {
      return null;
    }

    default boolean hasFilters() {
      return true;
    }

    /** How many values of columns are not null as the reader's own statistics say, or null. */
    default Map<String, Long> present() throws Exception {
      return null;
    }
  }

  interface Reader {
    Table open(Path path, JsonNode file) throws Exception;
  }

  private Report() {}

  /** Reads every file of a format. */
  static void write(Path folder, String name, String version, String format, Reader reader) throws Exception {
    Path out = Files.createDirectories(folder.resolve("seen").resolve((name + "-" + version).replace(" ", "_")));
    Map<String, Object> seen = new LinkedHashMap<>();
    int read = 0;
    for (JsonNode file : JSON.readTree(folder.resolve("files.json").toFile())) {
      if (!file.get("format").asText().equals(format)) {
        continue;
      }
      Map<String, Object> one = new LinkedHashMap<>();
      seen.put(file.get("name").asText(), one);
      try {
        Table table = reader.open(folder.resolve(file.get("path").asText()), file);
        try (BufferedWriter lines = Files.newBufferedWriter(out.resolve(file.get("name").asText() + ".jsonl"))) {
          for (Map<String, Object> row : table.rows()) {
            JSON.writeValue(lines, row);
            lines.write('\n');
          }
        }
        if (table.hasFilters()) {
          one.put("answers", answers(table, file.get("questions")));
        }
        Map<String, Long> present = table.present();
        if (present != null) {
          one.put("present", present);
        }
        read++;
      } catch (Exception | LinkageError error) {
        one.put("error", text(error));
      }
    }
    JSON.writerWithDefaultPrettyPrinter()
        .writeValue(out.resolve("result.json").toFile(), Map.of("reader", name, "version", version, "files", seen));
    System.out.printf("%s %s: %d of %d files read%n", name, version, read, seen.size());
  }

  private static Map<String, Object> answers(Table table, JsonNode questions) {
    Map<String, Object> answers = new LinkedHashMap<>();
    for (JsonNode question : questions) {
      Object answer;
      try {
        Long count = table.count(question);
        answer = count == null ? "not asked" : count;
      } catch (Exception error) {
        answer = text(error);
      }
      answers.put(question.get("name").asText(), answer);
    }
    return answers;
  }

  private static String text(Throwable error) {
    while (error.getCause() != null) {
      error = error.getCause();
    }
    return error.toString();
  }

  /** The text that a question asks for; it may be left out, and is empty then. */
  static String value(JsonNode question) {
    return question.path("value").asText("");
  }
}
