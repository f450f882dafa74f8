import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.expressions.Evaluator;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.mapping.MappingUtil;
import org.apache.iceberg.mapping.NameMapping;
import org.apache.iceberg.mapping.NameMappingParser;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.parquet.ParquetUtil;
import org.apache.iceberg.types.Types;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.LocalInputFile;

/**
 * Iceberg registers a Parquet file in a table made from the file's own columns, and reads that: with the table's name
 * mapping, as engines do, and by IcebergGenerics, which ignores the mapping.
 */
public final class ReadIceberg implements Report.Table {
  private final Table table;
  private final NameMapping names;
  private final boolean generics;

  private ReadIceberg(Path path, boolean generics) throws Exception {
    this.generics = generics;
    Schema schema;
    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(path))) {
      schema = ParquetSchemaUtil.convert(reader.getFooter().getFileMetaData().getSchema());
    }
    String folder = Files.createTempDirectory("iceberg").resolve("table").toString();
    // The table gives the columns numbers of its own.
    table = new HadoopTables(new Configuration()).create(schema, PartitionSpec.unpartitioned(), folder);
    names = MappingUtil.create(table.schema());
    table.updateProperties().set(TableProperties.DEFAULT_NAME_MAPPING, NameMappingParser.toJson(names)).commit();
    InputFile input = table.io().newInputFile(path.toString());
    DataFile file = DataFiles.builder(table.spec())
        .withInputFile(input)
        .withFormat("parquet")
        .withMetrics(ParquetUtil.fileMetrics(input, MetricsConfig.forTable(table), names))
        .build();
    table.newAppend().appendFile(file).commit();
  }

  public static void main(String[] args) throws Exception {
    Report.write(Path.of(args[0]), "Iceberg", args[1], "parquet", (path, file) -> new ReadIceberg(path, false));
    Report.write(Path.of(args[0]), "Iceberg, generics", args[1], "parquet", (path, file) -> new ReadIceberg(path, true));
  }

  @Override
  public List<Map<String, Object>> rows() throws Exception {
    return read(Expressions.alwaysTrue());
  }

  private List<Map<String, Object>> read(Expression where) throws Exception {
    List<Map<String, Object>> rows = new ArrayList<>();
    Types.StructType type = table.schema().asStruct();
    if (generics) {
      try (CloseableIterable<Record> records = IcebergGenerics.read(table).where(where).build()) {
        records.forEach(record -> rows.add(fields(record, type)));
      }
      return rows;
    }
    InternalRecordWrapper wrapper = new InternalRecordWrapper(type);
    Evaluator evaluator = new Evaluator(type, where);
    try (CloseableIterable<FileScanTask> tasks = table.newScan().filter(where).planFiles()) {
      for (FileScanTask task : tasks) {
        try (CloseableIterable<Record> records = Parquet.read(table.io().newInputFile(task.file().location()))
            .project(table.schema())
            .withNameMapping(names)
            .filter(where)
            .createReaderFunc(file -> GenericParquetReaders.buildReader(table.schema(), file))
            .build()) {
          for (Record record : records) {
            if (evaluator.eval(wrapper.wrap(record))) {
              rows.add(fields(record, type));
            }
          }
        }
      }
    }
    return rows;
  }

  private static Map<String, Object> fields(StructLike record, Types.StructType type) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < type.fields().size(); i++) {
      fields.put(type.fields().get(i).name(), neutral(record.get(i, Object.class)));
    }
    return fields;
  }

  private static Object neutral(Object value) {
    if (value instanceof OffsetDateTime time) {
      return Math.addExact(Math.multiplyExact(time.toEpochSecond(), 1_000_000L), time.getNano() / 1_000);
    }
    if (value instanceof Record record) {
      return fields(record, record.struct());
    }
    if (value instanceof List<?> list) {
      List<Object> values = new ArrayList<>();
      list.forEach(element -> values.add(neutral(element)));
      return values;
    }
    return value;
  }

  @Override
  public Long count(JsonNode question) throws Exception {
    return (long) read(expression(question)).size();
  }

  private static Expression expression(JsonNode question) {
    String column = question.get("column").asText();
    return switch (question.get("op").asText()) {
      case "true" -> Expressions.equal(column, true);
      case "text" -> Expressions.equal(column, Report.value(question));
      case "times" -> Expressions.and(
          Expressions.greaterThanOrEqual(column, question.get("low").asLong()),
          Expressions.lessThan(column, question.get("high").asLong()));
      case "null" -> Expressions.isNull(column);
      default -> throw new IllegalArgumentException(question.toString());
    };
  }

  @Override
  public Map<String, Long> present() throws Exception {
    Map<String, Long> present = new LinkedHashMap<>();
    try (CloseableIterable<FileScanTask> tasks = table.newScan().includeColumnStats().planFiles()) {
      for (FileScanTask task : tasks) {
        for (Types.NestedField field : table.schema().columns()) {
          Long values = task.file().valueCounts().get(field.fieldId());
          if (values != null) {
            present.put(field.name(), values - task.file().nullValueCounts().get(field.fieldId()));
          }
        }
      }
    }
    return present;
  }
}
