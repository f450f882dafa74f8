import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.filter2.compat.FilterCompat;
import org.apache.parquet.filter2.predicate.FilterApi;
import org.apache.parquet.filter2.predicate.FilterPredicate;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.Type;

/** parquet-java reads Parquet. */
public final class ReadParquet implements Report.Table {
  private final Path path;

  private ReadParquet(Path path) {
    this.path = path;
  }

  public static void main(String[] args) throws Exception {
    Report.write(Path.of(args[0]), "parquet-java", args[1], "parquet", (path, file) -> new ReadParquet(path));
  }

  /** ParquetReader.read names a Hadoop path; this one reads a local file. */
  private static final class Builder extends ParquetReader.Builder<Group> {
    Builder(InputFile file) {
      super(file);
    }

    @Override
    protected ReadSupport<Group> getReadSupport() {
      return new GroupReadSupport();
    }
  }

  private List<Group> read(FilterCompat.Filter filter) throws Exception {
    List<Group> groups = new ArrayList<>();
    try (ParquetReader<Group> reader = new Builder(new LocalInputFile(path)).withFilter(filter).build()) {
      for (Group group = reader.read(); group != null; group = reader.read()) {
        groups.add(group);
      }
    }
    return groups;
  }

  @Override
  public List<Map<String, Object>> rows() throws Exception {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Group group : read(FilterCompat.NOOP)) {
      rows.add(fields(group));
    }
    return rows;
  }

  private static Map<String, Object> fields(Group group) {
    Map<String, Object> fields = new LinkedHashMap<>();
    GroupType type = group.getType();
    for (int i = 0; i < type.getFieldCount(); i++) {
      fields.put(type.getFieldName(i), group.getFieldRepetitionCount(i) == 0 ? null : value(group, i, 0));
    }
    return fields;
  }

  private static Object value(Group group, int field, int index) {
    Type type = group.getType().getType(field);
    if (type.isPrimitive()) {
      return switch (type.asPrimitiveType().getPrimitiveTypeName()) {
        case BINARY -> group.getBinary(field, index).toStringUsingUTF8();
        case BOOLEAN -> group.getBoolean(field, index);
        case INT64 -> group.getLong(field, index);
        default -> throw new IllegalArgumentException(type.toString());
      };
    }
    Group inner = group.getGroup(field, index);
    if (!(type.getLogicalTypeAnnotation() instanceof ListLogicalTypeAnnotation)) {
      return fields(inner);
    }
    List<Object> list = new ArrayList<>();
    for (int i = 0; i < inner.getFieldRepetitionCount(0); i++) {
      Group element = inner.getGroup(0, i);
      list.add(element.getFieldRepetitionCount(0) == 0 ? null : value(element, 0, 0));
    }
    return list;
  }

  @Override
  public Long count(JsonNode question) throws Exception {
    FilterPredicate predicate = predicate(question);
    return predicate == null ? null : (long) read(FilterCompat.get(predicate)).size();
  }

  private static FilterPredicate predicate(JsonNode question) {
    String column = question.get("column").asText();
    return switch (question.get("op").asText()) {
      case "true" -> FilterApi.eq(FilterApi.booleanColumn(column), true);
      case "text" -> FilterApi.eq(FilterApi.binaryColumn(column), Binary.fromString(Report.value(question)));
      case "times" -> FilterApi.and(
          FilterApi.gtEq(FilterApi.longColumn(column), question.get("low").asLong()),
          FilterApi.lt(FilterApi.longColumn(column), question.get("high").asLong()));
      // Filters are on leaves: there is none for a struct that is null.
      case "null" -> column.equals("contact") ? null : FilterApi.eq(FilterApi.longColumn(column), null);
      default -> throw new IllegalArgumentException(question.toString());
    };
  }
}
