Console.WriteLine("playfair");
