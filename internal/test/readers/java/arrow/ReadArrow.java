import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.compression.CommonsCompressionFactory;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;

/** arrow-java reads Arrow, as a file and as a stream. */
public final class ReadArrow implements Report.Table {
  private final List<Map<String, Object>> rows = new ArrayList<>();

  private interface Opening {
    ArrowReader open(BufferAllocator allocator) throws Exception;
  }

  private ReadArrow(Opening opening) throws Exception {
    try (BufferAllocator allocator = new RootAllocator(); ArrowReader reader = opening.open(allocator)) {
      while (reader.loadNextBatch()) {
        for (int row = 0; row < reader.getVectorSchemaRoot().getRowCount(); row++) {
          Map<String, Object> fields = new LinkedHashMap<>();
          for (FieldVector vector : reader.getVectorSchemaRoot().getFieldVectors()) {
            fields.put(vector.getName(), value(vector, row));
          }
          rows.add(fields);
        }
      }
    }
  }

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    Report.write(folder, "arrow-java", args[1], "arrow", (path, file) -> {
      try (FileChannel channel = FileChannel.open(path)) {
        return new ReadArrow(allocator -> new ArrowFileReader(channel, allocator, CommonsCompressionFactory.INSTANCE));
      }
    });
    Report.write(folder, "arrow-java, stream", args[1], "arrow", (path, file) -> {
      try (InputStream stream = Files.newInputStream(path)) {
        stream.skipNBytes(8); // the magic bytes and their padding
        return new ReadArrow(allocator -> new ArrowStreamReader(stream, allocator, CommonsCompressionFactory.INSTANCE));
      }
    });
  }

  private static Object value(ValueVector vector, int index) {
    if (vector.isNull(index)) {
      return null;
    }
    if (vector instanceof VarCharVector texts) {
      return texts.getObject(index).toString();
    }
    if (vector instanceof BitVector bits) {
      return bits.get(index) == 1;
    }
    if (vector instanceof TimeStampVector times) {
      return times.get(index);
    }
    if (vector instanceof ListVector list) {
      List<Object> values = new ArrayList<>();
      for (int i = list.getElementStartIndex(index); i < list.getElementEndIndex(index); i++) {
        values.add(value(list.getDataVector(), i));
      }
      return values;
    }
    if (vector instanceof StructVector struct) {
      Map<String, Object> fields = new LinkedHashMap<>();
      for (FieldVector field : struct.getChildrenFromFields()) {
        fields.put(field.getName(), value(field, index));
      }
      return fields;
    }
    throw new IllegalArgumentException(vector.getClass().toString());
  }

  @Override
  public List<Map<String, Object>> rows() {
    return rows;
  }

  @Override
  public boolean hasFilters() {
    return false;
  }
}
